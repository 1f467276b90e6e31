package dev.tapedeck.vm.wasi;

import org.jspecify.annotations.Nullable;

/** An open directory of the virtual tree. */
final class VirtualDirectory implements Directory {
    private final FileTree tree;
    private final DirectoryNode node;

    VirtualDirectory(FileTree tree, DirectoryNode node) {
        this.tree = tree;
        this.node = node;
        tree.opened(node);
    }

    DirectoryNode node() {
        return node;
    }

    @Override
    public Filestat stat() {
        return tree.stat(node);
    }

    @Override
    public Filestat stat(String name) throws ErrnoException {
        return tree.stat(tree.existing(node, name));
    }

    @Override
    public Directory directory(String name) throws ErrnoException {
        Node found = tree.existing(node, name);
        if (found instanceof DirectoryNode directory) {
            return new VirtualDirectory(tree, directory);
        }
        throw new ErrnoException(found instanceof LinkNode ? Errno.LOOP : Errno.NOTDIR);
    }

    @Override
    public Directory again() {
        return new VirtualDirectory(tree, node);
    }

    @Override
    public OpenFile file(String name, Access access) throws ErrnoException {
        @Nullable Node found = tree.find(node, name);
        if (found != null && access.create() && access.exclusive()) {
            throw new ErrnoException(Errno.EXIST);
        } else if (found == null && access.create()) {
            found = tree.createFile(node, name);
        } else if (found == null) {
            throw new ErrnoException(Errno.NOENT);
        }
        if (!(found instanceof FileNode file)) {
            throw new ErrnoException(found instanceof LinkNode ? Errno.LOOP : Errno.ISDIR);
        }
        if (access.truncate()) {
            tree.setSize(file, 0);
        }
        return new VirtualFile(tree, file);
    }

    @Override
    public String readLink(String name) throws ErrnoException {
        if (tree.existing(node, name) instanceof LinkNode link) {
            return link.target;
        }
        throw new ErrnoException(Errno.INVAL);
    }

    @Override
    public void createDirectory(String name) throws ErrnoException {
        tree.createDirectory(node, name);
    }

    @Override
    public void symlink(String target, String name) throws ErrnoException {
        tree.createLink(node, name, target);
    }

    @Override
    public void link(String name, Directory to, String newName) throws ErrnoException {
        tree.link(tree.existing(node, name), ((VirtualDirectory) to).node, newName);
    }

    @Override
    public void rename(String name, Directory to, String newName) throws ErrnoException {
        tree.rename(node, name, ((VirtualDirectory) to).node, newName);
    }

    @Override
    public void unlink(String name) throws ErrnoException {
        tree.unlink(node, name);
    }

    @Override
    public void removeDirectory(String name) throws ErrnoException {
        tree.removeDirectory(node, name);
    }

    @Override
    public void setTimes(Times times) {
        tree.setTimes(node, times);
    }

    @Override
    public void setTimes(String name, Times times) throws ErrnoException {
        tree.setTimes(tree.existing(node, name), times);
    }

    @Override
    public void list(long cookie, Listing listing) {
        if (cookie == 0 && !listing.entry(1, node.inode, FileType.DIRECTORY, ".")) {
            return;
        }
        long parent = tree.parent(node).inode;
        if (cookie >= 0 && cookie <= 1 && !listing.entry(DirectoryNode.FIRST, parent, FileType.DIRECTORY, "..")) {
            return;
        }
        if (cookie < 0) {
            return;
        }
        for (DirectoryNode.Entry entry : node.from(Math.max(cookie, DirectoryNode.FIRST))) {
            Node found = tree.node(entry.slot());
            if (!listing.entry(entry.number() + 1, found.inode, found.type(), entry.name())) {
                return;
            }
        }
    }

    @Override
    public void sync() {}

    @Override
    public void close() {
        tree.closed(node);
    }

    @Override
    public int tree() {
        return 0;
    }

    @Override
    public boolean writable() {
        return true;
    }
}
