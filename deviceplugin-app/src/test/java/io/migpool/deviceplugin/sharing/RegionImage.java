package io.migpool.deviceplugin.sharing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The bytes that hami-core would write. Put down field after field, each aligned as a C compiler for 64 bits does, so
 * that no offset is taken over from what reads them.
 */
public final class RegionImage {

    private static final int MAGIC = 19_920_718;
    private static final int DEVICES = 16;
    private static final int PROCESSES = 1024;
    private static final int SEMAPHORE = 32;

    private final boolean versioned;
    private final List<String> gpus = new ArrayList<>();
    private final List<Client> processes = new ArrayList<>();
    private int flag = MAGIC;
    private int major = 1;
    private long count = -1;
    private int processCount = -1;
    private int priority = 1;
    private int recentKernel;
    private int utilizationSwitch = 1;
    private long lastKernel;

    /** A process, on one of the GPUs. */
    private record Client(int pid, int gpu, int smPercent, List<Long> memory) {

        static final Client NONE = new Client(0, 0, 0, List.of(0L, 0L, 0L, 0L, 0L));

        long memory(int onGpu, int field) {
            return onGpu == gpu ? memory.get(field) : 0;
        }

        long smPercent(int onGpu) {
            return onGpu == gpu ? smPercent : 0;
        }
    }

    private RegionImage(boolean versioned) {
        this.versioned = versioned;
    }

    /** As HAMi-core wrote it before the file had a version. */
    public static RegionImage unversioned() {
        return new RegionImage(false);
    }

    public static RegionImage version1() {
        return new RegionImage(true);
    }

    public RegionImage gpus(String... uuids) {
        gpus.addAll(List.of(uuids));
        return this;
    }

    /**
     * A process on the first GPU.
     *
     * @param memory bytes of contexts, modules, buffers and offset, and in all
     */
    public RegionImage process(int pid, int smPercent, long... memory) {
        return processOn(0, pid, smPercent, memory);
    }

    RegionImage processOn(int gpu, int pid, int smPercent, long... memory) {
        processes.add(
                new Client(pid, gpu, smPercent, LongStream.of(memory).boxed().toList()));
        return this;
    }

    RegionImage flag(int value) {
        flag = value;
        return this;
    }

    RegionImage major(int value) {
        major = value;
        return this;
    }

    /** Says that it has so many GPUs, and so many processes. */
    RegionImage lying(long devices, int processesSaid) {
        count = devices;
        processCount = processesSaid;
        return this;
    }

    public RegionImage priority(int value) {
        priority = value;
        return this;
    }

    public RegionImage recentKernel(int value) {
        recentKernel = value;
        return this;
    }

    RegionImage utilizationSwitch(int value) {
        utilizationSwitch = value;
        return this;
    }

    public RegionImage lastKernel(long seconds) {
        lastKernel = seconds;
        return this;
    }

    public Path writeTo(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes());
    }

    byte[] bytes() {
        Struct out = new Struct();
        out.integer(flag);
        if (versioned) {
            out.integer(major);
            out.integer(2);
        }
        out.integer(0); // sm_init_flag
        if (versioned) {
            out.number(4711); // owner_pid
        } else {
            out.integer(4711);
        }
        out.gap(SEMAPHORE);
        out.number(count < 0 ? gpus.size() : count);
        for (int i = 0; i < DEVICES; i++) {
            out.text(i < gpus.size() ? gpus.get(i) : "", 96);
        }
        for (int i = 0; i < DEVICES; i++) {
            out.number(i < gpus.size() ? (i + 1) * 1000L : 0); // limit
        }
        for (int i = 0; i < DEVICES; i++) {
            out.number(30); // sm_limit
        }
        for (int i = 0; i < PROCESSES; i++) {
            process(out, i < processes.size() ? processes.get(i) : Client.NONE);
        }
        out.integer(processCount < 0 ? processes.size() : processCount);
        out.integer(utilizationSwitch);
        out.integer(recentKernel);
        out.integer(priority);
        if (versioned) {
            out.number(lastKernel);
            out.gap(4 * Long.BYTES);
        }
        return out.bytes(versioned ? 0 : 1);
    }

    private void process(Struct out, Client process) {
        out.integer(process.pid());
        out.integer(0); // hostpid
        for (int i = 0; i < DEVICES; i++) {
            for (int field = 0; field < 5; field++) {
                out.number(process.memory(i, field));
            }
            out.gap(versioned ? 3 * Long.BYTES : 0);
        }
        for (int i = 0; i < DEVICES; i++) {
            out.number(0); // monitorused
        }
        for (int i = 0; i < DEVICES; i++) {
            out.number(1); // decoder
            out.number(2); // encoder
            out.number(process.smPercent(i));
            out.gap(versioned ? 3 * Long.BYTES : 0);
        }
        out.integer(1); // status
        if (versioned) {
            out.number(0);
            out.gap(2 * Long.BYTES);
        } else {
            out.integer(0);
        }
    }

    /** The numbers that the node writes. */
    static int recentKernelOf(Path file) throws IOException {
        return tail(file, 2);
    }

    static int utilizationSwitchOf(Path file) throws IOException {
        return tail(file, 1);
    }

    private static int tail(Path file, int field) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        boolean versioned = bytes.length == version1().bytes().length;
        int tail = versioned ? bytes.length - 5 * Long.BYTES - 4 * Integer.BYTES : bytes.length - 1 - 4 * Integer.BYTES;
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt(tail + field * Integer.BYTES);
    }

    private static final class Struct {

        private final ByteBuffer bytes = ByteBuffer.allocate(3 << 20).order(ByteOrder.nativeOrder());

        void integer(int value) {
            bytes.putInt(value);
        }

        void number(long value) {
            while (bytes.position() % Long.BYTES != 0) {
                bytes.put((byte) 0);
            }
            bytes.putLong(value);
        }

        void gap(int length) {
            if (length > 0) {
                number(0);
                bytes.position(bytes.position() + length - Long.BYTES);
            }
        }

        void text(String text, int length) {
            int start = bytes.position();
            bytes.put(text.getBytes(StandardCharsets.US_ASCII));
            bytes.position(start + length);
        }

        byte[] bytes(int more) {
            byte[] written = new byte[bytes.position() + more];
            bytes.get(0, written, 0, bytes.position());
            return written;
        }
    }
}
