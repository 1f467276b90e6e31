package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.wasi.Directory.Access;
import dev.tapedeck.vm.wasi.Directory.Times;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.util.List;

/** An open file of a {@link RealTree}. */
final class RealFile implements OpenFile {
    private final RealTree tree;
    private final FileChannel channel;
    private final List<String> names;
    private final String name;
    private final Access access;

    /** As it was when opened; an open file cannot be asked again, but for its size. */
    private Filestat stat;

    RealFile(RealTree tree, FileChannel channel, Filestat stat, List<String> names, String name, Access access) {
        this.tree = tree;
        this.channel = channel;
        this.stat = stat;
        this.names = names;
        this.name = name;
        this.access = access;
    }

    RealTree realTree() {
        return tree;
    }

    /** How its directory was reached from the root. */
    List<String> names() {
        return names;
    }

    String name() {
        return name;
    }

    Access access() {
        return access;
    }

    /** Its directory, opened again: empty if the file is not there any more. */
    private Directory directory() throws ErrnoException {
        Directory directory = tree.directory();
        for (String each : names) {
            Directory next;
            try {
                next = directory.directory(each);
            } finally {
                directory.close();
            }
            directory = next;
        }
        return directory;
    }

    @Override
    public Filestat stat() throws ErrnoException {
        Filestat found = stat;
        try {
            Directory directory = directory();
            try {
                found = directory.stat(name);
            } finally {
                directory.close();
            }
        } catch (ErrnoException e) {
            // Removed or renamed: the times are those of before.
            found = stat;
        }
        if (found.inode() == stat.inode() && found.device() == stat.device()) {
            stat = found;
        }
        return new Filestat(
                stat.device(),
                stat.inode(),
                stat.type(),
                stat.links(),
                size(),
                stat.accessed(),
                stat.modified(),
                stat.changed());
    }

    @Override
    public byte[] read(long position, int wanted) throws ErrnoException {
        try {
            int most = (int) Math.min(wanted, Math.max(0, channel.size() - position));
            ByteBuffer buffer = ByteBuffer.allocate(most);
            int count = 1;
            while (buffer.hasRemaining() && count > 0) {
                count = channel.read(buffer, position + buffer.position());
            }
            byte[] bytes = new byte[buffer.position()];
            buffer.flip().get(bytes);
            return bytes;
        } catch (NonReadableChannelException e) {
            throw new ErrnoException(Errno.BADF);
        } catch (IOException e) {
            throw RealDirectory.error(e);
        }
    }

    @Override
    public int write(long position, byte[] bytes) throws ErrnoException {
        if (position + bytes.length < 0) {
            throw new ErrnoException(Errno.FBIG);
        }
        try {
            return channel.write(ByteBuffer.wrap(bytes), position);
        } catch (NonWritableChannelException e) {
            throw new ErrnoException(Errno.BADF);
        } catch (IOException e) {
            throw RealDirectory.error(e);
        }
    }

    @Override
    public long size() throws ErrnoException {
        try {
            return channel.size();
        } catch (IOException e) {
            throw RealDirectory.error(e);
        }
    }

    @Override
    public void setSize(long size) throws ErrnoException {
        if (size > FileTree.FILE_BYTES_MAX) {
            throw new ErrnoException(Errno.FBIG);
        }
        try {
            if (size > channel.size()) {
                channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
            } else {
                channel.truncate(size);
            }
        } catch (NonWritableChannelException e) {
            throw new ErrnoException(Errno.INVAL);
        } catch (IOException e) {
            throw RealDirectory.error(e);
        }
    }

    @Override
    public void setTimes(Times times) throws ErrnoException {
        Directory directory = directory();
        try {
            Filestat found = directory.stat(name);
            if (found.inode() != stat.inode() || found.device() != stat.device()) {
                throw new ErrnoException(Errno.NOENT);
            }
            directory.setTimes(name, times);
        } finally {
            directory.close();
        }
    }

    @Override
    public void sync() throws ErrnoException {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw RealDirectory.error(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The system has the data already; it has no way to say more.
        }
    }
}
