' Made by packaging/tools/bindings.py from schemas/catalog/status.csv.
Attribute VB_Name = "HurenStatus"
Option Explicit

Public Const HUREN_OK As Long = 0  ' Done
Public Const HUREN_DUPLICATE As Long = 1  ' This key was accepted before with the same body; nothing new was stored
Public Const HUREN_NO_ANSWER As Long = 2  ' No answer in time; the HIS simply carries on
Public Const HUREN_EMPTY As Long = 3  ' Nothing is waiting
Public Const HUREN_E_ARGUMENT As Long = -101  ' An argument is not as agreed: correct the calling code
Public Const HUREN_E_ABI As Long = -102  ' The host was compiled for another interface or struct layout: update huren
Public Const HUREN_E_HANDLE As Long = -103  ' The handle is closed or was never given: call huren_open again
Public Const HUREN_E_ENCODING As Long = -104  ' The text is not valid UTF-8: convert it first
Public Const HUREN_E_BUFFER As Long = -105  ' The buffer is too small: call again with the size in *size
Public Const HUREN_E_TOO_LARGE As Long = -106  ' The body is over the limit: make it smaller or raise spool.max_body_bytes
Public Const HUREN_E_FORKED As Long = -107  ' The handle was opened before fork: open again in the child
Public Const HUREN_E_REENTRANT As Long = -108  ' Called from inside a callback: return first and call from a thread of your own
Public Const HUREN_E_CONFLICT As Long = -109  ' This key was accepted before with another body: use a new key or version
Public Const HUREN_E_SYNTAX As Long = -110  ' The body is not valid JSON: correct it at the place that is told
Public Const HUREN_E_TYPE As Long = -111  ' There is no such event type or query topic: check its name and version
Public Const HUREN_E_CONFIG As Long = -201  ' The configuration is at fault: correct what huren_last_error tells
Public Const HUREN_E_STORE As Long = -202  ' The data file cannot be read or written: check the disk and permissions
Public Const HUREN_E_STORE_FULL As Long = -203  ' The disk is full: free some space; it recovers by itself
Public Const HUREN_E_BUSY As Long = -204  ' Busy and the outcome is unknown: repeat later with the same key
Public Const HUREN_E_DENIED As Long = -301  ' Not allowed by agreement or permission
Public Const HUREN_E_INTERNAL As Long = -901  ' A fault inside huren: tell its maintainers what huren_last_error says
Public Const HUREN_E_TRIPPED As Long = -902  ' Too many internal faults; huren has switched itself off: the HIS carries on; call the maintainers
