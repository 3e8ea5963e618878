// A module needs one source of its own; its code comes from the static library of the same adapter.
