package dev.tapedeck.vm.wasm;

/**
 * Where what a module defines and imports stands in a program: indexes of the program, by indexes of the module.
 *
 * @param types function types
 * @param functions functions; an import of the host's is {@code -1 - i}, with i the index among the program's imports
 * @param references the functions that references to functions mean: for an import of the host's a function that calls it
 * @param tables tables
 * @param memories memories
 * @param globals globals
 * @param elements the index of the module's first element segment; the others follow
 * @param data the index of the module's first data segment; the others follow
 */
record Binding(
        int[] types,
        int[] functions,
        int[] references,
        int[] tables,
        int[] memories,
        int[] globals,
        int elements,
        int data) {}
