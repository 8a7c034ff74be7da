namespace Netplugin.NodeApi.Cni;

/// <summary>Codes of a CNI error object (CNI specification 1.1.0, section 5, "Error"). Shared with k8contivnet by linking this file.</summary>
internal static class CniErrorCode
{
    /// <summary>Incompatible CNI version.</summary>
    public const int IncompatibleVersion = 1;

    /// <summary>Unsupported field in the configuration; the message names key and value.</summary>
    public const int UnsupportedField = 2;

    /// <summary>Container unknown or gone; the runtime need not call DEL.</summary>
    public const int UnknownContainer = 3;

    /// <summary>A needed environment variable is missing or wrong.</summary>
    public const int InvalidEnvironment = 4;

    /// <summary>I/O failure.</summary>
    public const int InputOutput = 5;

    /// <summary>Content cannot be decoded.</summary>
    public const int Decode = 6;

    /// <summary>Invalid network configuration.</summary>
    public const int InvalidConfiguration = 7;

    /// <summary>Try again later.</summary>
    public const int TryAgainLater = 11;

    /// <summary>STATUS: ADD cannot be served.</summary>
    public const int NotAvailable = 50;

    /// <summary>STATUS: ADD cannot be served and attached containers may have limited connectivity.</summary>
    public const int NotAvailableLimited = 51;

    /// <summary>Ours (from 100 on is free): no endpoint is posted for the pod, or what is posted contradicts.</summary>
    public const int NoEndpoint = 100;

    /// <summary>Ours: CHECK found the pod's interface not as ADD left it.</summary>
    public const int Damaged = 101;

    /// <summary>Ours: the daemon failed in a way only its log explains. What the reference library uses for the same.</summary>
    public const int Internal = 999;
}
