package io.migpool.admission.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A listening socket that bounds the handshakes of the connections it accepts. The web server leaves them to its
 * clients; its thread that accepts connections looks after them here, also while none comes. What the web server does not
 * call is not passed on.
 */
final class BoundedServerSocket extends SSLServerSocket {

    /** How often per time-out late handshakes are looked for. */
    private static final int LOOKS = 5;

    private final SSLServerSocket socket;
    private final PendingHandshakes handshakes;

    /**
     * Creates a socket that is not bound.
     *
     * @param socket what accepts connections; not bound, and not to be used by others
     * @param bounds of handshakes
     */
    BoundedServerSocket(SSLServerSocket socket, HandshakeBounds bounds) throws IOException {
        this.socket = socket;
        this.handshakes = new PendingHandshakes(bounds, System::nanoTime);
        socket.setSoTimeout(Math.toIntExact(Math.max(1, bounds.timeout().toMillis() / LOOKS)));
    }

    @Override
    public Socket accept() throws IOException {
        while (true) {
            handshakes.closeLate();
            try {
                SSLSocket accepted = (SSLSocket) socket.accept();
                handshakes.add(accepted);
                return accepted;
            } catch (SocketTimeoutException e) {
                // Nobody came.
            }
        }
    }

    @Override
    public void bind(SocketAddress address, int backlog) throws IOException {
        socket.bind(address, backlog);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    @Override
    public boolean isBound() {
        return socket.isBound();
    }

    @Override
    public boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public InetAddress getInetAddress() {
        return socket.getInetAddress();
    }

    @Override
    public int getLocalPort() {
        return socket.getLocalPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return socket.getLocalSocketAddress();
    }

    @Override
    public <T> BoundedServerSocket setOption(SocketOption<T> name, T value) throws IOException {
        socket.setOption(name, value);
        return this;
    }

    @Override
    public SSLParameters getSSLParameters() {
        return socket.getSSLParameters();
    }

    @Override
    public void setSSLParameters(SSLParameters parameters) {
        socket.setSSLParameters(parameters);
    }

    @Override
    public String[] getEnabledCipherSuites() {
        return socket.getEnabledCipherSuites();
    }

    @Override
    public void setEnabledCipherSuites(String[] suites) {
        socket.setEnabledCipherSuites(suites);
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return socket.getSupportedCipherSuites();
    }

    @Override
    public String[] getSupportedProtocols() {
        return socket.getSupportedProtocols();
    }

    @Override
    public String[] getEnabledProtocols() {
        return socket.getEnabledProtocols();
    }

    @Override
    public void setEnabledProtocols(String[] protocols) {
        socket.setEnabledProtocols(protocols);
    }

    @Override
    public void setNeedClientAuth(boolean need) {
        socket.setNeedClientAuth(need);
    }

    @Override
    public boolean getNeedClientAuth() {
        return socket.getNeedClientAuth();
    }

    @Override
    public void setWantClientAuth(boolean want) {
        socket.setWantClientAuth(want);
    }

    @Override
    public boolean getWantClientAuth() {
        return socket.getWantClientAuth();
    }

    @Override
    public void setUseClientMode(boolean mode) {
        socket.setUseClientMode(mode);
    }

    @Override
    public boolean getUseClientMode() {
        return socket.getUseClientMode();
    }

    @Override
    public void setEnableSessionCreation(boolean flag) {
        socket.setEnableSessionCreation(flag);
    }

    @Override
    public boolean getEnableSessionCreation() {
        return socket.getEnableSessionCreation();
    }
}
