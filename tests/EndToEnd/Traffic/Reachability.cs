using System.Net;
using System.Net.Sockets;
using System.Text;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Packets;

namespace Netplugin.Tests.EndToEnd.Traffic;

/// <summary>Whether pods reach each other, and which one answers.</summary>
internal static class Reachability
{
    private const int Port = 5000;

    /// <summary>True when ping gets an answer within two seconds.</summary>
    public static bool Reaches(this Pod from, string address) => from.Run("ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", address).ExitCode == 0;

    /// <summary>True when one of a few pings with a route forced to the address gets an answer: for addresses outside the pod's subnet.</summary>
    public static bool ReachesByForce(this Pod from, string address)
    {
        from.Run("ip", "route", "replace", address + "/32", "dev", "eth0").Succeeded();
        bool reached = from.Reaches(address);
        from.Run("ip", "route", "del", address + "/32", "dev", "eth0").Succeeded();
        return reached;
    }

    /// <summary>Sends a datagram to an address and says which of the pods, all of which may have that address, got it.</summary>
    public static async Task<string[]> WhoGetsAsync(Pod from, string address, params Pod[] listeners)
    {
        Socket[] sockets = [.. listeners.Select(listener => UdpSockets.Open(listener.NetworkNamespace, Port))];
        try
        {
            using Socket sender = UdpSockets.Open(from.NetworkNamespace);
            byte[] text = Encoding.ASCII.GetBytes(from.Name + Guid.NewGuid());
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            Task<bool>[] waits = [.. sockets.Select(socket => GetsAsync(socket, text, limit.Token))];
            await sender.SendToAsync(text, new IPEndPoint(IPAddress.Parse(address), Port));
            await Task.WhenAll(waits);
            return [.. listeners.Where((_, index) => waits[index].Result).Select(listener => listener.Name)];
        }
        finally
        {
            foreach (Socket socket in sockets)
            {
                socket.Dispose();
            }
        }
    }

    private static async Task<bool> GetsAsync(Socket socket, byte[] text, CancellationToken limit)
    {
        byte[] buffer = new byte[2048];
        try
        {
            int length = await socket.ReceiveAsync(buffer, limit);
            return buffer.AsSpan(0, length).SequenceEqual(text);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
