using Netplugin.Demo.Pods;
using Netplugin.Runtime;

switch (args)
{
    case ["images", var folder]:
        DemoImages.Write(folder);
        return 0;

    case ["start", var socket, var cgroup, var logs, .. var names] when names.Length > 0:
        try
        {
            await StartAsync(socket, cgroup, logs, names);
            return 0;
        }
        catch (RuntimeException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }

    default:
        await Console.Error.WriteLineAsync(
            """
            usage: pods images FOLDER                      writes the image archives
                   pods start SOCKET CGROUP LOGS NAME...   starts redis pods and prints the name and the container of each
            """);
        return 2;
}

static async Task StartAsync(string socket, string cgroup, string logs, IReadOnlyList<string> names)
{
    using var client = new RuntimeClient(socket);
    var starter = new PodStarter(client);
    IEnumerable<Task<Pod>> started = names.Select(name => starter.StartAsync(new PodSpec(name, DemoImages.Redis)
    {
        CgroupParent = cgroup,
        LogFolder = logs,

        // The demo tries forged routes from inside of a pod, and so may its visitor.
        Capabilities = ["NET_ADMIN", "NET_RAW"],
    }));
    foreach (Pod pod in (await Task.WhenAll(started)).OrderBy(pod => pod.Name, StringComparer.Ordinal))
    {
        Console.WriteLine($"{pod.Name} {pod.ContainerId}");
    }
}
