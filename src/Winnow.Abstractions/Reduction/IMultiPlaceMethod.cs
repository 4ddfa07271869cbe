namespace Winnow.Reduction;

/// <summary>A method that can act at several places, of which its options may switch some off.</summary>
public interface IMultiPlaceMethod
{
    /// <summary>Where it acts with these options; its interfaces for other places are not to be called.</summary>
    MethodPlaces ActivePlaces { get; }
}
