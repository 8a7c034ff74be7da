namespace Netplugin.Bench;

/// <summary>Two network namespaces that reach each other somehow: what a traffic bench compares.</summary>
/// <param name="Name">How the report calls it.</param>
/// <param name="Client">Path of the client's network namespace.</param>
/// <param name="Server">Path of the server's network namespace.</param>
/// <param name="ServerAddress">The server's address as the client knows it.</param>
/// <param name="ServerPort">The port that the client asks for requests; null: the one the server listens at.</param>
internal sealed record TrafficPath(string Name, string Client, string Server, string ServerAddress, int? ServerPort = null);
