namespace Winnow.Numerics.Kernels;

/// <summary>
/// The arithmetic of one kind of product on one instruction set. Operands come as 32-bit slots: one f32, two int16 or four bytes
/// along the inner dimension; a vector holds one slot for each of <see cref="Lanes"/> columns.
/// </summary>
/// <remarks>Static abstract members on a struct type argument are resolved when the JIT compiles the tile, so they all inline.</remarks>
/// <typeparam name="TVector">The vector register.</typeparam>
internal unsafe interface IDot<TVector>
    where TVector : struct
{
    /// <summary>Columns per vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>The value of a sum before its first term; <paramref name="start"/> is read only by byte products.</summary>
    static abstract TVector Start(int* start);

    /// <summary>One slot for each column.</summary>
    static abstract TVector Load(uint* slots);

    /// <summary>One slot for all columns.</summary>
    static abstract TVector Broadcast(uint* slot);

    /// <summary>
    /// First half of <c>sum += a b</c> over the elements of a slot: the new sum where one instruction does both, else the bare product.
    /// <paramref name="a"/> is the broadcast operand.
    /// </summary>
    static abstract TVector Multiply(TVector a, TVector b, TVector sum);

    /// <summary>Second half of <c>sum += a b</c>, given what <see cref="Multiply"/> returned.</summary>
    static abstract TVector Add(TVector sum, TVector product);

    /// <summary>The factors of a vector of columns, as bits; nothing for f32 products.</summary>
    static abstract TVector LoadScales(float* scales);

    /// <summary>Adds a finished sum, as f32 times its scales, to <paramref name="c"/>, or stores it there.</summary>
    static abstract void Finish(TVector sum, float* c, bool store, float* rowScale, TVector columnScales);
}
