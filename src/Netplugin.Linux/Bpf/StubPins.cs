using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>The pinned stubs: kept as long as a build's stubs are the same instructions, so that a restart has nothing to attach anew.</summary>
internal static class StubPins
{
    internal static StubPrograms Take(PinFolder pins, BpfObject loaded) => new(
        TakeOne(pins, loaded, "np_stub_from_pod"),
        TakeOne(pins, loaded, "np_stub_to_pod"),
        TakeOne(pins, loaded, "np_stub_from_overlay"),
        TakeOne(pins, loaded, "np_stub_to_overlay"),
        TakeOne(pins, loaded, "np_stub_from_underlay"));

    private static SafeFileHandle TakeOne(PinFolder pins, BpfObject loaded, string name)
    {
        var path = Path.Combine(pins.Common, name);
        var own = loaded.TakeProgram(name);
        if (File.Exists(path))
        {
            var pinned = PinFolder.Open(path);
            if (KernelInfo.OfProgram(pinned, path).Tag == KernelInfo.OfProgram(own, name).Tag)
            {
                own.Dispose();
                return pinned;
            }

            pinned.Dispose();
            File.Delete(path);
        }

        PinFolder.Pin(own, path);
        return own;
    }
}
