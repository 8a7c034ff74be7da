using System.Text.Json;
using System.Text.Json.Serialization;
using Netplugin.Agent.Node;

namespace Netplugin.Agent.Cluster;

/// <summary>Keeps the <see cref="StoreMemory"/> across restarts and reboots.</summary>
/// <param name="stateDirectory">The daemon's state directory; made when missing.</param>
internal sealed class StoreMemoryFile(string stateDirectory)
{
    private readonly string _path = PathIn(stateDirectory);
    private StoreMemory? _written;

    /// <summary>Reads what was remembered; null on a first start.</summary>
    /// <exception cref="InvalidDataException">The file is damaged: the operator must say what is meant by removing it.</exception>
    public StoreMemory? Read()
    {
        if (!File.Exists(_path))
        {
            return null;
        }

        try
        {
            return _written = JsonSerializer.Deserialize(File.ReadAllBytes(_path), StoreMemoryJson.Default.StoreMemory);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{_path} is damaged ({e.Message}): it tells a wiped store from a quiet one. Remove it to follow the store as it is now.", e);
        }
    }

    /// <summary>Forgets what was remembered.</summary>
    public static void Delete(string stateDirectory)
    {
        if (Directory.Exists(stateDirectory))
        {
            File.Delete(PathIn(stateDirectory));
        }
    }

    /// <summary>Writes it if it differs, durably: old or new after a power cut, never half.</summary>
    public void Write(StoreMemory memory)
    {
        if (memory == _written)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        WholeFile.Write(_path, WholeFile.OwnerOnly, file => JsonSerializer.Serialize(file, memory, StoreMemoryJson.Default.StoreMemory));
        _written = memory;
    }

    private static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "store.json");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoreMemory))]
internal sealed partial class StoreMemoryJson : JsonSerializerContext;
