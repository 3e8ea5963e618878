/* Where each member lies, on 64 and 32 bit: bindings in other languages write these numbers down. */
#include <huren/huren.h>
#include <stddef.h>

#if UINTPTR_MAX > 0xFFFFFFFFu
#define AT(wide, narrow) (wide)
#else
#define AT(wide, narrow) (narrow)
#endif
#define LIES(type, member, wide, narrow) \
  _Static_assert(offsetof(type, member) == AT(wide, narrow), #type "." #member " has moved")

_Static_assert(sizeof(huren_status) == 4, "huren_status is 32 bits");
_Static_assert(sizeof(huren_handle) == 4, "huren_handle is 32 bits");
_Static_assert(sizeof(HUREN_E_TRIPPED) == 4, "the constants are ints");

LIES(huren_host, struct_size, 0, 0);
LIES(huren_host, reserved, 4, 4);
LIES(huren_host, user, 8, 8);
LIES(huren_host, vendor, 16, 12);
LIES(huren_host, product, 24, 16);
LIES(huren_host, version, 32, 20);
LIES(huren_host, log, 40, 24);
LIES(huren_host, wake, 48, 28);
_Static_assert(sizeof(huren_host) == AT(56, 32), "huren_host has changed its size");

LIES(huren_event, struct_size, 0, 0);
LIES(huren_event, body_size, 4, 4);
LIES(huren_event, type, 8, 8);
LIES(huren_event, key, 16, 12);
LIES(huren_event, content_type, 24, 16);
LIES(huren_event, body, 32, 20);
_Static_assert(sizeof(huren_event) == AT(40, 24), "huren_event has changed its size");
