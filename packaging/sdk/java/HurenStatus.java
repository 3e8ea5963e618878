// Made by packaging/tools/bindings.py from schemas/catalog/status.csv.
public final class HurenStatus {
    private HurenStatus() {}
    /** Done. */
    public static final int OK = 0;
    /** This key was accepted before with the same body; nothing new was stored. */
    public static final int DUPLICATE = 1;
    /** No answer in time; the HIS simply carries on. */
    public static final int NO_ANSWER = 2;
    /** Nothing is waiting. */
    public static final int EMPTY = 3;
    /** An argument is not as agreed: correct the calling code. */
    public static final int E_ARGUMENT = -101;
    /** The host was compiled for another interface or struct layout: update huren. */
    public static final int E_ABI = -102;
    /** The handle is closed or was never given: call huren_open again. */
    public static final int E_HANDLE = -103;
    /** The text is not valid UTF-8: convert it first. */
    public static final int E_ENCODING = -104;
    /** The buffer is too small: call again with the size in *size. */
    public static final int E_BUFFER = -105;
    /** The body is over the limit: make it smaller or raise spool.max_body_bytes. */
    public static final int E_TOO_LARGE = -106;
    /** The handle was opened before fork: open again in the child. */
    public static final int E_FORKED = -107;
    /** Called from inside a callback: return first and call from a thread of your own. */
    public static final int E_REENTRANT = -108;
    /** This key was accepted before with another body: use a new key or version. */
    public static final int E_CONFLICT = -109;
    /** The body is not valid JSON: correct it at the place that is told. */
    public static final int E_SYNTAX = -110;
    /** There is no such event type or query topic: check its name and version. */
    public static final int E_TYPE = -111;
    /** The configuration is at fault: correct what huren_last_error tells. */
    public static final int E_CONFIG = -201;
    /** The data file cannot be read or written: check the disk and permissions. */
    public static final int E_STORE = -202;
    /** The disk is full: free some space; it recovers by itself. */
    public static final int E_STORE_FULL = -203;
    /** Busy and the outcome is unknown: repeat later with the same key. */
    public static final int E_BUSY = -204;
    /** Not allowed by agreement or permission. */
    public static final int E_DENIED = -301;
    /** A fault inside huren: tell its maintainers what huren_last_error says. */
    public static final int E_INTERNAL = -901;
    /** Too many internal faults; huren has switched itself off: the HIS carries on; call the maintainers. */
    public static final int E_TRIPPED = -902;
}
