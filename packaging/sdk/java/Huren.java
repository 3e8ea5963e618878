import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * huren.h for Java through JNA: one class over the ten functions.
 * Promises: text is String here and UTF-8 on the wire; a failure throws Failure with huren's own words; any thread may call.
 * Refuses: hiding a status. submit gives OK or DUPLICATE, query and poll give null where huren has no answer.
 */
public final class Huren implements AutoCloseable {
    private static final int ABI = 1 << 16; // (major << 16) | minor of the huren.h that this file was written from

    public static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;
        public final int status;
        Failure(int status, String why) {
            super(status + ": " + why);
            this.status = status;
        }
    }

    @Structure.FieldOrder({"structSize", "reserved", "user", "vendor", "product", "version", "log", "wake"})
    public static class Host extends Structure {
        public int structSize, reserved;
        public Pointer user;
        public String vendor, product, version;
        public Pointer log, wake;
        protected String getStringEncoding() { return "UTF-8"; }
    }

    private interface C extends Library {
        int huren_open(int abi, byte[] configPath, Host host, IntByReference handle);
        int huren_close(int handle, int graceMs);
        int huren_submit_json(int handle, byte[] type, byte[] key, byte[] json, int size);
        int huren_query(int handle, byte[] topic, byte[] json, int size, int deadlineMs, byte[] buffer, int capacity, IntByReference needed);
        int huren_poll(int handle, int waitMs, byte[] buffer, int capacity, IntByReference needed);
        int huren_acknowledge(int handle, byte[] noticeId);
        int huren_health(int handle, byte[] buffer, int capacity, IntByReference needed);
        int huren_last_error(byte[] buffer, int capacity, IntByReference needed);
    }

    private interface Ask {
        int into(byte[] buffer, int capacity, IntByReference needed);
    }

    private final C c = Native.load("huren", C.class);
    private final int handle;

    public Huren(String configPath, String vendor, String product, String version) {
        Host host = new Host();
        host.vendor = vendor;
        host.product = product;
        host.version = version;
        host.structSize = host.size();
        IntByReference out = new IntByReference();
        check(c.huren_open(ABI, text(configPath), host, out));
        handle = out.getValue();
    }

    /** OK: on disk. DUPLICATE: it already was. */
    public int submit(String type, String key, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return check(c.huren_submit_json(handle, text(type), text(key), body, body.length));
    }

    /** The answer, or null when there was none in time: the doctor carries on. */
    public String query(String topic, String json, int deadlineMs) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return answer((b, n, size) -> c.huren_query(handle, text(topic), body, body.length, deadlineMs, b, n, size));
    }

    /** The next notice, or null. It comes again until it is acknowledged. */
    public String poll(int waitMs) { return answer((b, n, size) -> c.huren_poll(handle, waitMs, b, n, size)); }
    public void acknowledge(String noticeId) { check(c.huren_acknowledge(handle, text(noticeId))); }
    public String health() { return answer((b, n, size) -> c.huren_health(handle, b, n, size)); }
    @Override public void close() { check(c.huren_close(handle, 2000)); }

    private String answer(Ask ask) {
        IntByReference size = new IntByReference(64 << 10);
        while (true) {
            byte[] buffer = new byte[size.getValue()];
            int status = ask.into(buffer, buffer.length, size);
            if (status == HurenStatus.E_BUFFER) continue; // the size needed is in size now; nothing was consumed
            check(status);
            return status == HurenStatus.OK ? new String(Arrays.copyOf(buffer, size.getValue()), StandardCharsets.UTF_8) : null;
        }
    }

    private int check(int status) {
        if (status >= 0) return status;
        byte[] why = new byte[8192];
        IntByReference size = new IntByReference();
        c.huren_last_error(why, why.length, size);
        throw new Failure(status, new String(why, 0, Math.min(size.getValue(), why.length), StandardCharsets.UTF_8));
    }

    private static byte[] text(String s) { return (s + "\0").getBytes(StandardCharsets.UTF_8); }
}
