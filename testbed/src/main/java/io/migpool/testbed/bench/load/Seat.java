package io.migpool.testbed.bench.load;

/**
 * Where a request was placed.
 *
 * @param gpu position of the GPU in the pool
 * @param start first unit
 */
public record Seat(int gpu, int start) {}
