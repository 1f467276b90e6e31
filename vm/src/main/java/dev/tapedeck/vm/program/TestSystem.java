package dev.tapedeck.vm.program;

import java.util.List;

/**
 * The virtual system that a test gives its program: what WASI functions show of arguments, environment and files.
 *
 * @param arguments the program's arguments, without its name
 * @param environment in the order in which they are listed
 * @param files of the virtual file tree
 */
public record TestSystem(List<String> arguments, List<Variable> environment, List<File> files) {
    /** Nothing of all. */
    public static final TestSystem EMPTY = new TestSystem(List.of(), List.of(), List.of());

    public TestSystem {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
        files = List.copyOf(files);
    }

    /** A variable of the environment. */
    public record Variable(String name, String value) {}

    /**
     * A file.
     *
     * @param path from the root of the tree; one that ends in a slash is a directory
     * @param content a Latin-1 string, one char per byte
     */
    public record File(String path, String content) {}
}
