package io.migpool.deviceplugin.nvml;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Calls the library: turns return codes into exceptions, remembers symbols that an older library lacks and answers them
 * as {@code FUNCTION_NOT_FOUND}, and reads lists into buffers that grow until they are large enough.
 */
final class Calls {

    /** A list with more entries than this is treated as corrupt. */
    private static final int LONGEST_LIST = 1 << 16;

    /**
     * Drivers around R530 are reported to write longer process entries under the same symbol; they must not overwrite
     * anything.
     */
    private static final int SPARE = 2;

    private final Set<String> missing = ConcurrentHashMap.newKeySet();

    /** One native call. */
    @FunctionalInterface
    interface Call {
        int make();
    }

    /** A native call that returns a number or a handle. */
    @FunctionalInterface
    interface Query<R> {
        int make(R result);
    }

    /** A native call that fills a buffer of the given capacity and reports how many entries there are. */
    @FunctionalInterface
    interface ListQuery {
        int make(Memory buffer, IntByReference count);
    }

    /** Returns the number that the call returned. */
    int attempt(String symbol, Call call) {
        if (missing.contains(symbol)) {
            return ReturnCode.FUNCTION_NOT_FOUND.number();
        }
        try {
            return call.make();
        } catch (UnsatisfiedLinkError e) {
            missing.add(symbol);
            return ReturnCode.FUNCTION_NOT_FOUND.number();
        }
    }

    void make(String symbol, Call call) throws NvmlException {
        int number = attempt(symbol, call);
        if (number != ReturnCode.SUCCESS.number()) {
            throw new NvmlException(symbol, number);
        }
    }

    int number(String symbol, Query<IntByReference> query) throws NvmlException {
        IntByReference result = new IntByReference();
        make(symbol, () -> query.make(result));
        return result.getValue();
    }

    /** Returns a handle, wrapped by {@code kind}. */
    <H> H handle(String symbol, Function<Pointer, H> kind, Query<PointerByReference> query) throws NvmlException {
        PointerByReference result = new PointerByReference();
        make(symbol, () -> query.make(result));
        Pointer pointer = result.getValue();
        if (pointer == null) {
            throw new NvmlException(symbol, ReturnCode.UNKNOWN.number());
        }
        return kind.apply(pointer);
    }

    /** Returns a zero-terminated text of at most this many bytes. */
    String text(String symbol, int length, Query<byte[]> query) throws NvmlException {
        byte[] buffer = new byte[length];
        make(symbol, () -> query.make(buffer));
        return text(buffer);
    }

    static String text(byte[] buffer) {
        return Native.toString(buffer, StandardCharsets.UTF_8);
    }

    /**
     * Returns a list, retrying with a larger buffer while it does not fit.
     *
     * @param entryBytes bytes that the library writes for an entry
     * @param expected initial capacity in entries, at least 1
     * @param entry reads an entry at an address
     */
    <T> List<T> list(String symbol, int entryBytes, int expected, Function<Pointer, T> entry, ListQuery query)
            throws NvmlException {
        int room = expected;
        while (true) {
            Memory buffer = new Memory((long) entryBytes * room * SPARE);
            buffer.clear();
            IntByReference count = new IntByReference(room);
            int number = attempt(symbol, () -> query.make(buffer, count));
            int there = count.getValue();
            boolean tooSmall = number == ReturnCode.INSUFFICIENT_SIZE.number() || (number == 0 && there > room);
            if (!tooSmall && number != ReturnCode.SUCCESS.number()) {
                throw new NvmlException(symbol, number);
            }
            if (!tooSmall) {
                return entries(buffer, entryBytes, there, entry);
            }
            room = Math.max(2 * room, there);
            if (room < 0 || room > LONGEST_LIST) {
                throw new NvmlException(symbol, ReturnCode.INSUFFICIENT_SIZE.number());
            }
        }
    }

    private static <T> List<T> entries(Memory buffer, int entryBytes, int count, Function<Pointer, T> entry) {
        List<T> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(entry.apply(buffer.share((long) i * entryBytes)));
        }
        return entries;
    }
}
