package dev.tapedeck.harness.text;

/**
 * An executed instruction and what came of it.
 *
 * @param wrote what it wrote or did, in a few words such as {@code total = 7}; empty if nothing is to be said
 */
public record Step(Executed executed, String wrote) {}
