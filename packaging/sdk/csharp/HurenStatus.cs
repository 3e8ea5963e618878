// Made by packaging/tools/bindings.py from schemas/catalog/status.csv.
public enum HurenStatus {
    /// <summary>Done.</summary>
    OK = 0,
    /// <summary>This key was accepted before with the same body; nothing new was stored.</summary>
    DUPLICATE = 1,
    /// <summary>No answer in time; the HIS simply carries on.</summary>
    NO_ANSWER = 2,
    /// <summary>Nothing is waiting.</summary>
    EMPTY = 3,
    /// <summary>An argument is not as agreed: correct the calling code.</summary>
    E_ARGUMENT = -101,
    /// <summary>The host was compiled for another interface or struct layout: update huren.</summary>
    E_ABI = -102,
    /// <summary>The handle is closed or was never given: call huren_open again.</summary>
    E_HANDLE = -103,
    /// <summary>The text is not valid UTF-8: convert it first.</summary>
    E_ENCODING = -104,
    /// <summary>The buffer is too small: call again with the size in *size.</summary>
    E_BUFFER = -105,
    /// <summary>The body is over the limit: make it smaller or raise spool.max_body_bytes.</summary>
    E_TOO_LARGE = -106,
    /// <summary>The handle was opened before fork: open again in the child.</summary>
    E_FORKED = -107,
    /// <summary>Called from inside a callback: return first and call from a thread of your own.</summary>
    E_REENTRANT = -108,
    /// <summary>This key was accepted before with another body: use a new key or version.</summary>
    E_CONFLICT = -109,
    /// <summary>The body is not valid JSON: correct it at the place that is told.</summary>
    E_SYNTAX = -110,
    /// <summary>There is no such event type or query topic: check its name and version.</summary>
    E_TYPE = -111,
    /// <summary>The configuration is at fault: correct what huren_last_error tells.</summary>
    E_CONFIG = -201,
    /// <summary>The data file cannot be read or written: check the disk and permissions.</summary>
    E_STORE = -202,
    /// <summary>The disk is full: free some space; it recovers by itself.</summary>
    E_STORE_FULL = -203,
    /// <summary>Busy and the outcome is unknown: repeat later with the same key.</summary>
    E_BUSY = -204,
    /// <summary>Not allowed by agreement or permission.</summary>
    E_DENIED = -301,
    /// <summary>A fault inside huren: tell its maintainers what huren_last_error says.</summary>
    E_INTERNAL = -901,
    /// <summary>Too many internal faults; huren has switched itself off: the HIS carries on; call the maintainers.</summary>
    E_TRIPPED = -902,
}
