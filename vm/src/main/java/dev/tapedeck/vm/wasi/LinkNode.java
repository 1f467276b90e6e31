package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostState;
import java.nio.charset.StandardCharsets;

/** A symbolic link. */
final class LinkNode extends Node {
    final String target;

    LinkNode(int slot, long inode, String target) {
        super(slot, inode);
        this.target = target;
    }

    @Override
    FileType type() {
        return FileType.SYMBOLIC_LINK;
    }

    @Override
    long size() {
        return target.getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    long bytes() {
        return target.length();
    }

    @Override
    HostState save() {
        StateOutput out = new StateOutput();
        head(out);
        out.text(target);
        return HostState.of(out.toBytes());
    }

    static LinkNode of(int slot, long inode, StateInput in) {
        return new LinkNode(slot, inode, in.text(PathWalk.PATH_BYTES_MAX));
    }
}
