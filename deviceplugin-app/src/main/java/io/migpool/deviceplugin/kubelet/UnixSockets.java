package io.migpool.deviceplugin.kubelet;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * gRPC over unix sockets through the JDK's own channels: no native code to unpack. Handlers run on virtual threads, so
 * they may block.
 */
public final class UnixSockets implements AutoCloseable {

    /** {@code sun_path} of Linux without its terminating zero. */
    private static final int LONGEST_PATH = 107;

    private final EventLoopGroup loop = new NioEventLoopGroup(1, new DefaultThreadFactory("grpc-unix", true));
    private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Serves on a socket; a stale file of that name is removed first.
     *
     * @throws IOException if the path is too long, the directory is not writable, or these sockets have been closed
     */
    Server serve(Path socket, BindableService service) throws IOException {
        requireShort(socket);
        Files.deleteIfExists(socket);
        try {
            return NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                    .channelType(NioServerDomainSocketChannel.class)
                    .bossEventLoopGroup(loop)
                    .workerEventLoopGroup(loop)
                    .executor(handlers)
                    .addService(service)
                    .build()
                    .start();
        } catch (RejectedExecutionException e) {
            throw new IOException(socket + " is no longer served: the agent stops", e);
        }
    }

    /** Returns a channel to another server's socket; it connects with the first call. */
    ManagedChannel connect(Path socket) throws IOException {
        requireShort(socket);
        return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioDomainSocketChannel.class)
                .eventLoopGroup(loop)
                .executor(handlers)
                .usePlaintext()
                .overrideAuthority("localhost")
                .build();
    }

    private static void requireShort(Path socket) throws IOException {
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_PATH) {
            throw new IOException("socket path %s has %d bytes; the kernel allows %d, choose a shorter directory"
                    .formatted(socket, length, LONGEST_PATH));
        }
    }

    @Override
    public void close() {
        var _ = loop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        handlers.shutdownNow();
    }
}
