package io.migpool.testbed.controlplane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Finds ports for processes, which cannot say which one they took. */
final class Ports {

    private Ports() {}

    /** Returns a TCP port on 127.0.0.1 that was free a moment ago. */
    static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
