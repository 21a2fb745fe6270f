package io.migpool.testbed.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One kept-alive connection that posts JSON or gets text. It does little, because it shares the processors with what it measures. */
final class LoadConnection implements AutoCloseable {

    /** The first filter of all waits for a list of all pods. */
    private static final int TIMEOUT_MILLIS = 300_000;

    private static final int BUFFER_BYTES = 1 << 16;

    private final Socket socket;
    private final InputStream in;

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
        return answer("POST " + path);
    }

    /**
     * Gets text and keeps none of it.
     *
     * @return its bytes
     * @throws IOException if the status is not 200, the answer is not in chunks, or the connection fails
     */
    int get(String path) throws IOException {
        String request = "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/plain\r\n\r\n".formatted(path);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String status = line();
        boolean chunked = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            chunked |= header.toLowerCase(Locale.ROOT).startsWith("transfer-encoding: chunked");
        }
        if (!status.contains(" 200 ") || !chunked) {
            throw new IOException("GET %s was answered '%s', in chunks: %s".formatted(path, status, chunked));
        }
        byte[] piece = new byte[BUFFER_BYTES];
        int bytes = 0;
        int size;
        do {
            size = Integer.parseInt(line(), 16);
            // Skipped bytes of a socket are read in pieces of 2 KiB.
            for (int left = size; left > 0; ) {
                int read = in.readNBytes(piece, 0, Math.min(left, piece.length));
                if (read == 0) {
                    throw new EOFException("the extender closed the connection");
                }
                left -= read;
            }
            bytes += size;
            line();
        } while (size > 0);
        return bytes;
    }

    private byte[] answer(String request) throws IOException {
        String status = line();
        int length = -1;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(
                        lower.substring("content-length:".length()).strip());
            }
        }
        byte[] body = length >= 0 ? in.readNBytes(length) : chunks();
        if (!status.contains(" 200 ")) {
            throw new IOException(
                    "%s was answered '%s': %s".formatted(request, status, new String(body, StandardCharsets.UTF_8)));
        }
        return body;
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int size;
        do {
            size = Integer.parseInt(line(), 16);
            body.writeBytes(in.readNBytes(size));
            line();
        } while (size > 0);
        return body.toByteArray();
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
