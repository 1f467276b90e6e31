package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.wasi.Directory.Times;

/** An open file of the virtual tree. */
final class VirtualFile implements OpenFile {
    private final FileTree tree;
    private final FileNode node;

    VirtualFile(FileTree tree, FileNode node) {
        this.tree = tree;
        this.node = node;
        tree.opened(node);
    }

    FileNode node() {
        return node;
    }

    @Override
    public Filestat stat() {
        return tree.stat(node);
    }

    @Override
    public byte[] read(long position, int count) {
        return tree.read(node, position, count);
    }

    @Override
    public int write(long position, byte[] bytes) throws ErrnoException {
        return tree.write(node, position, bytes);
    }

    @Override
    public long size() {
        return node.size();
    }

    @Override
    public void setSize(long size) throws ErrnoException {
        tree.setSize(node, size);
    }

    @Override
    public void setTimes(Times times) {
        tree.setTimes(node, times);
    }

    @Override
    public void sync() {}

    @Override
    public void close() {
        tree.closed(node);
    }
}
