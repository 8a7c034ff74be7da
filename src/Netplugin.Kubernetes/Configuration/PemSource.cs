using System.Text;

namespace Netplugin.Kubernetes.Configuration;

/// <summary>Certificates or a key in PEM form, in a file or in the kubeconfig itself. A file is read anew each time: it may rotate.</summary>
internal sealed class PemSource
{
    private readonly string? _file;
    private readonly string? _text;

    private PemSource(string name, string? file, string? text) => (Name, _file, _text) = (name, file, text);

    /// <summary>Where it comes from, for messages.</summary>
    public string Name { get; }

    public static PemSource OfFile(string path) => new(path, path, null);

    /// <exception cref="KubernetesException">Not base64.</exception>
    public static PemSource OfData(string name, string base64)
    {
        try
        {
            return new(name, null, Encoding.ASCII.GetString(Convert.FromBase64String(base64)));
        }
        catch (FormatException)
        {
            throw new KubernetesException("configuration", KubernetesFailure.Configuration, $"{name} is not base64.");
        }
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public string Read() => _text ?? File.ReadAllText(_file!);
}
