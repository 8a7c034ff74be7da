namespace Netplugin.Kubernetes.Configuration;

/// <summary>
/// A bearer token, fixed or in a file. A service account's token is exchanged by the kubelet well before it runs out (hourly by default), so its file
/// is read again after a minute, and at once when the server no longer knows the token.
/// </summary>
internal sealed class BearerToken
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly string? _file;
    private string? _token;
    private long _readAt;

    private BearerToken(string? file, string? token, TimeProvider time) => (_file, _token, _time) = (file, token, time);

    public static BearerToken Fixed(string token) => new(null, token, TimeProvider.System);

    public static BearerToken OfFile(string path, TimeProvider? time = null) => new(path, null, time ?? TimeProvider.System);

    /// <summary>The token as of now.</summary>
    /// <exception cref="KubernetesException">The file was never readable, or holds no token.</exception>
    public string Current()
    {
        lock (_lock)
        {
            if (_file is not null && (_token is null || _time.GetElapsedTime(_readAt) >= FreshFor))
            {
                Read();
            }

            return _token!;
        }
    }

    /// <summary>Says that the server does not know a token; true when there is another one now.</summary>
    public bool IsReplaced(string refused)
    {
        lock (_lock)
        {
            if (_file is not null && _token == refused)
            {
                Read();
            }

            return _token != refused;
        }
    }

    private void Read()
    {
        try
        {
            var text = File.ReadAllText(_file!).Trim();

            // A line break or a space within would end the header early, or hide a second header.
            if (text.Length == 0 || text.Any(letter => letter is <= ' ' or > '~'))
            {
                throw new KubernetesException("configuration", KubernetesFailure.Configuration, $"the token file {_file} holds no token.");
            }

            (_token, _readAt) = (text, _time.GetTimestamp());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // While the file is being exchanged, what was read before is still good.
            _readAt = _time.GetTimestamp();
            if (_token is null)
            {
                throw new KubernetesException("configuration", KubernetesFailure.Configuration, $"the token file {_file} cannot be read: {e.Message}", e);
            }
        }
    }
}
