using System.Buffers;
using System.Diagnostics;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;

namespace Netplugin.Tests.Support.Images;

/// <summary>
/// Makes container image archives, in the layout of `docker save`, out of programs of this machine and the libraries they load.
/// A runtime imports them, so nothing is fetched from a registry.
/// </summary>
public static class ImageArchive
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;
    private static readonly string[] Directories = ["dev", "etc", "proc", "root", "run", "sys", "tmp", "var", "data"];

    /// <summary>
    /// Writes the archive of an image that holds <paramref name="programs"/>, each at its path on this machine, and busybox's tools.
    /// </summary>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <param name="name">The image's full name, like `localhost/netplugin-demo/redis:1`.</param>
    /// <param name="programs">Absolute paths of programs on this machine.</param>
    /// <param name="command">What a container runs when it names no command.</param>
    /// <param name="files">More files, each by its path in the image; they are taken as they are, so a program must be static.</param>
    /// <exception cref="FileNotFoundException">A program, a library or busybox is not on this machine.</exception>
    public static void Write(
        string path,
        string name,
        IReadOnlyList<string> programs,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? files = null)
    {
        byte[] layer = Layer(programs, files ?? new Dictionary<string, string>());
        string layerDigest = Convert.ToHexStringLower(SHA256.HashData(layer));
        byte[] config = Json(writer => WriteConfig(writer, layerDigest, command));
        string configName = Convert.ToHexStringLower(SHA256.HashData(config)) + ".json";
        byte[] manifest = Json(writer => WriteManifest(writer, configName, name, layerDigest + ".tar"));

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string unfinished = path + ".new";
        using (var tar = new TarWriter(File.Create(unfinished)))
        {
            AddFile(tar, configName, config);
            AddFile(tar, layerDigest + ".tar", layer);
            AddFile(tar, "manifest.json", manifest);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private static byte[] Layer(IReadOnlyList<string> programs, IReadOnlyDictionary<string, string> more)
    {
        const string busybox = "/usr/bin/busybox";
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in programs.Concat(programs.SelectMany(Libraries)))
        {
            files[file] = file;
        }

        foreach ((string inImage, string file) in more)
        {
            files[inImage] = file;
        }

        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            var made = new HashSet<string>(StringComparer.Ordinal);
            foreach (string directory in Directories)
            {
                AddDirectories(tar, made, directory);
            }

            AddDirectories(tar, made, "bin");
            AddFile(tar, "bin/busybox", File.ReadAllBytes(busybox));
            foreach (string applet in Run(busybox, "--list").Where(applet => applet != "busybox"))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "/bin/busybox" });
            }

            AddFile(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"u8.ToArray());
            AddFile(tar, "etc/group", "root:x:0:\n"u8.ToArray());
            foreach ((string inImage, string file) in files)
            {
                string entry = inImage.TrimStart('/');
                AddDirectories(tar, made, Path.GetDirectoryName(entry)!);
                AddFile(tar, entry, File.ReadAllBytes(file));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The libraries a program loads, by ldd(1), whose lines hold each library's path, if it has one.</summary>
    private static IEnumerable<string> Libraries(string program) =>
        Run("ldd", program)
            .SelectMany(line => line.Split(' ', '\t'))
            .Where(word => word.StartsWith('/'))
            .Distinct();

    private static string[] Run(string program, string argument)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"{program} {argument} ended with exit code {process.ExitCode}.");
    }

    private static void AddDirectories(TarWriter tar, HashSet<string> made, string directory)
    {
        if (directory.Length == 0 || !made.Add(directory))
        {
            return;
        }

        AddDirectories(tar, made, Path.GetDirectoryName(directory)!);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, directory) { Mode = Executable, ModificationTime = DateTimeOffset.UnixEpoch });
    }

    private static void AddFile(TarWriter tar, string name, byte[] content) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            Mode = Executable,
            ModificationTime = DateTimeOffset.UnixEpoch,
            DataStream = new MemoryStream(content),
        });

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteConfig(Utf8JsonWriter writer, string layerDigest, IReadOnlyList<string> command)
    {
        writer.WriteStartObject();
        writer.WriteString("architecture", System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
            _ => "amd64",
        });
        writer.WriteString("os", "linux");
        writer.WriteStartObject("config");
        WriteStrings(writer, "Env", ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
        WriteStrings(writer, "Cmd", command);
        writer.WriteEndObject();
        writer.WriteStartObject("rootfs");
        writer.WriteString("type", "layers");
        WriteStrings(writer, "diff_ids", ["sha256:" + layerDigest]);
        writer.WriteEndObject();
        writer.WriteStartArray("history");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteManifest(Utf8JsonWriter writer, string configName, string name, string layerName)
    {
        writer.WriteStartArray();
        writer.WriteStartObject();
        writer.WriteString("Config", configName);
        WriteStrings(writer, "RepoTags", [name]);
        WriteStrings(writer, "Layers", [layerName]);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string property, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(property);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
