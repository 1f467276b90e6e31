package dev.tapedeck.vm.machine;

/**
 * One place at which two machine states differ.
 *
 * @param a its cell (or byte, or code) in the first state
 * @param b the same in the second
 */
public record Difference(Location location, long a, long b) {}
