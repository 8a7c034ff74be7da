namespace Netplugin.Bench;

/// <summary>Measured values of one thing; the report shows medians, and the spread so that a reader can doubt them.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    /// <summary>The values in the order they were added.</summary>
    public IReadOnlyList<double> Values => _values;

    public double Median => Percentile(50);

    public double Minimum => _values.Count == 0 ? double.NaN : _values.Min();

    public double Maximum => _values.Count == 0 ? double.NaN : _values.Max();

    public void Add(double value) => _values.Add(value);

    /// <summary>Nearest-rank percentile, 0 to 100.</summary>
    public double Percentile(double percent)
    {
        if (_values.Count == 0)
        {
            return double.NaN;
        }

        var sorted = _values.Order().ToArray();
        if (percent == 50 && sorted.Length % 2 == 0)
        {
            return (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
        }

        return sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>The ratios of two things measured by turns, round by round: what both suffered from in a round cancels out.</summary>
    public static Samples Ratio(Samples above, Samples below)
    {
        var ratio = new Samples();
        foreach ((double first, double second) in above._values.Zip(below._values))
        {
            ratio.Add(first / second);
        }

        return ratio;
    }
}
