// huren.h for C# (.NET, .NET Framework, Mono): one class over the ten functions.
// Promises: text is string here and UTF-8 on the wire; a failure throws HurenException with huren's own words; any thread.
// Refuses: hiding a status. Submit gives OK or DUPLICATE, Query and Poll give null where huren has no answer.
using System;
using System.Runtime.InteropServices;
using System.Text;

public sealed class HurenException : Exception {
    public HurenStatus Status { get; }
    public HurenException(HurenStatus status, string why) : base(status + ": " + why) { Status = status; }
}

public sealed class Huren : IDisposable {
    const string Library = "huren"; // huren.dll, libhuren.so
    const uint Abi = 1u << 16;      // (major << 16) | minor of the huren.h that this file was written from

    [StructLayout(LayoutKind.Sequential)]
    struct Host {
        public uint StructSize, Reserved;
        public IntPtr User, Vendor, Product, Version, Log, Wake;
    }
    // On 32-bit Windows CallingConvention.StdCall; elsewhere there is one convention, and Winapi is right everywhere.
    [DllImport(Library)] static extern int huren_open(uint abi, byte[] configPath, ref Host host, out int handle);
    [DllImport(Library)] static extern int huren_close(int handle, uint graceMs);
    [DllImport(Library)] static extern int huren_submit_json(int handle, byte[] type, byte[] key, byte[] json, uint size);
    [DllImport(Library)] static extern int huren_query(int handle, byte[] topic, byte[] json, uint size, uint deadlineMs, byte[] buffer, uint capacity, out uint needed);
    [DllImport(Library)] static extern int huren_poll(int handle, uint waitMs, byte[] buffer, uint capacity, out uint needed);
    [DllImport(Library)] static extern int huren_acknowledge(int handle, byte[] noticeId);
    [DllImport(Library)] static extern int huren_health(int handle, byte[] buffer, uint capacity, out uint needed);
    [DllImport(Library)] static extern int huren_last_error(byte[] buffer, uint capacity, out uint needed);

    delegate int Ask(byte[] buffer, uint capacity, out uint needed);
    readonly int handle;

    public Huren(string configPath, string vendor, string product, string version) {
        IntPtr v = Native(vendor), p = Native(product), n = Native(version);
        try {
            var host = new Host { StructSize = (uint)Marshal.SizeOf(typeof(Host)), Vendor = v, Product = p, Version = n };
            Check(huren_open(Abi, Text(configPath), ref host, out handle));
        } finally {
            Marshal.FreeHGlobal(v);
            Marshal.FreeHGlobal(p);
            Marshal.FreeHGlobal(n);
        }
    }

    /// <summary>OK: on disk. DUPLICATE: it already was.</summary>
    public HurenStatus Submit(string type, string key, string json) {
        var body = Encoding.UTF8.GetBytes(json);
        return Check(huren_submit_json(handle, Text(type), Text(key), body, (uint)body.Length));
    }

    /// <summary>The answer, or null when there was none in time: the doctor carries on.</summary>
    public string Query(string topic, string json, uint deadlineMs) {
        var body = Encoding.UTF8.GetBytes(json);
        return Answer((byte[] b, uint c, out uint n) => huren_query(handle, Text(topic), body, (uint)body.Length, deadlineMs, b, c, out n));
    }

    /// <summary>The next notice, or null. It comes again until it is acknowledged.</summary>
    public string Poll(uint waitMs) { return Answer((byte[] b, uint c, out uint n) => huren_poll(handle, waitMs, b, c, out n)); }
    public void Acknowledge(string noticeId) { Check(huren_acknowledge(handle, Text(noticeId))); }
    public string Health() { return Answer((byte[] b, uint c, out uint n) => huren_health(handle, b, c, out n)); }
    public void Close(uint graceMs) { Check(huren_close(handle, graceMs)); }
    public void Dispose() { huren_close(handle, 2000); }

    static string Answer(Ask ask) {
        uint size = 64u << 10;
        while (true) {
            var buffer = new byte[size];
            var status = (HurenStatus)ask(buffer, (uint)buffer.Length, out size);
            if (status == HurenStatus.E_BUFFER) continue; // the size needed is in size now; nothing was consumed
            Check((int)status);
            return status == HurenStatus.OK ? Encoding.UTF8.GetString(buffer, 0, (int)size) : null;
        }
    }

    static HurenStatus Check(int status) {
        if (status >= 0) return (HurenStatus)status;
        var why = new byte[8192];
        uint size;
        huren_last_error(why, (uint)why.Length, out size);
        throw new HurenException((HurenStatus)status, Encoding.UTF8.GetString(why, 0, (int)Math.Min(size, (uint)why.Length)));
    }

    static byte[] Text(string s) { return Encoding.UTF8.GetBytes(s + "\0"); }

    static IntPtr Native(string s) {
        var bytes = Text(s);
        var memory = Marshal.AllocHGlobal(bytes.Length);
        Marshal.Copy(bytes, 0, memory, bytes.Length);
        return memory;
    }
}
