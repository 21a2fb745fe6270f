package io.migpool.testbed.bench;

/**
 * Where a request was put.
 *
 * @param gpu position of the GPU in the pool
 * @param start first unit
 */
record Seat(int gpu, int start) {}
