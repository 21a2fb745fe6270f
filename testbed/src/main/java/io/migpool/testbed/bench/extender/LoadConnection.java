package io.migpool.testbed.bench.extender;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One kept-alive connection that posts JSON or gets text. It does little work, because it shares the processors with
 * what it measures.
 */
final class LoadConnection implements AutoCloseable {

    /** Long, because the very first filter waits for a list of all pods. */
    private static final int TIMEOUT_MILLIS = 300_000;

    private static final int BUFFER_BYTES = 1 << 16;

    private final Socket socket;
    private final InputStream in;
    private final byte[] piece = new byte[BUFFER_BYTES];

    LoadConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
    }

    /**
     * Posts and waits for the answer.
     *
     * @throws IOException if the status is not 200, or the connection fails
     */
    byte[] post(String path, byte[] body) throws IOException {
        String head =
                "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                        .formatted(path, body.length);
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(body);
        request.writeTo(socket.getOutputStream());
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer("POST " + path, answer);
        return answer.toByteArray();
    }

    /**
     * Gets text and discards it.
     *
     * @return its length in bytes
     * @throws IOException if the status is not 200, or the connection fails
     */
    int get(String path) throws IOException {
        String request = "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/plain\r\n\r\n".formatted(path);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return answer("GET " + path, OutputStream.nullOutputStream());
    }

    /** Writes the body of the answer; returns its length in bytes. */
    private int answer(String request, OutputStream body) throws IOException {
        String status = line();
        int length = -1;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(
                        lower.substring("content-length:".length()).strip());
            }
        }
        if (!status.contains(" 200 ")) {
            throw new IOException("%s was answered '%s'".formatted(request, status));
        }
        if (length >= 0) {
            copy(length, body);
            return length;
        }
        int bytes = 0;
        int chunk;
        do {
            chunk = Integer.parseInt(line(), 16);
            copy(chunk, body);
            bytes += chunk;
            line();
        } while (chunk > 0);
        return bytes;
    }

    private void copy(int bytes, OutputStream to) throws IOException {
        for (int left = bytes; left > 0; ) {
            int read = in.readNBytes(piece, 0, Math.min(left, piece.length));
            if (read == 0) {
                throw new EOFException("the extender closed the connection");
            }
            to.write(piece, 0, read);
            left -= read;
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the extender closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
