using Netplugin.Tests.Support.Images;

// The images of the cluster's pods, out of this machine's programs and Kubernetes' own test program.
if (args is not [var folder, var agnhost])
{
    await Console.Error.WriteLineAsync("usage: images FOLDER AGNHOST   writes the image archives into FOLDER; AGNHOST is the built program");
    return 2;
}

// Named in the node's containerd.toml: the runtime starts it to hold a pod's namespaces.
ImageArchive.Write(Path.Combine(folder, "pause.tar"), "localhost/netplugin-demo/pause:1", [], ["/bin/sleep", "infinity"]);
ImageArchive.Write(
    Path.Combine(folder, "agnhost.tar"),
    "localhost/kubelab/agnhost:1",
    ["/usr/bin/ping", "/usr/sbin/ip"],
    ["agnhost", "pause"],
    new Dictionary<string, string> { ["usr/local/bin/agnhost"] = agnhost });
ImageArchive.Write(
    Path.Combine(folder, "redis.tar"),
    "localhost/kubelab/redis:1",
    ["/usr/bin/redis-server", "/usr/bin/redis-cli"],
    ["redis-server", "--protected-mode", "no", "--save", ""]);
return 0;
