package dev.tapedeck.vm.wasm.text;

/** What the fields of a module define, by number and by identifier. */
final class Spaces {
    final IndexSpace types = new IndexSpace("type");
    final IndexSpace functions = new IndexSpace("function");
    final IndexSpace tables = new IndexSpace("table");
    final IndexSpace memories = new IndexSpace("memory");
    final IndexSpace globals = new IndexSpace("global");
    final IndexSpace elements = new IndexSpace("elem segment");
    final IndexSpace data = new IndexSpace("data segment");
}
