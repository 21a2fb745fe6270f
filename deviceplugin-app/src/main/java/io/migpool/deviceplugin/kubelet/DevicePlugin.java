package io.migpool.deviceplugin.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.migpool.contracts.kubelet.deviceplugin.RegisterRequest;
import io.migpool.contracts.kubelet.deviceplugin.RegistrationGrpc;
import io.migpool.runtime.time.BackOff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Our side of the device plugin protocol: serves on a socket beside kubelet's and stays registered.
 *
 * <p>It registers when kubelet's socket appears or is made anew (kubelet restarted and removed our socket), and whenever
 * ListAndWatch ends while kubelet's socket lives. Before it registers it ends its own streams: kubelet marks a resource as
 * gone when any connection for it ends, even one older than the newest registration.
 *
 * <p>A resource that is not wanted any more is left: nothing is served for it, and another plugin may have its name.
 *
 * <p>One virtual thread does all of it; tries are repeated after 0.2 s, 0.4 s, … 5 s.
 */
public final class DevicePlugin implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DevicePlugin.class.getName());
    private static final String API_VERSION = "v1beta1";
    private static final String KUBELET_SOCKET = "kubelet.sock";
    private static final BackOff RETRIES = new BackOff(Duration.ofMillis(200), Duration.ofSeconds(5));
    /** The directory is watched; this only bounds what a lost notification costs. */
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

    private static final Duration DIAL_BACK_LIMIT = Duration.ofSeconds(10);
    private static final Duration DISCONNECT_PAUSE = Duration.ofMillis(100);
    private static final long CALL_TIMEOUT_SECONDS = 5;

    private final UnixSockets sockets;
    private final Path directory;
    private final String socketName;
    private final Supplier<Optional<String>> resource;
    private final ResourceClaims claims;
    private final KubeletObserver observer;
    private final DeviceStreams streams;
    private final DevicePluginService service;
    private final Signal wake = new Signal();
    private final AtomicBoolean pushDue = new AtomicBoolean();
    private final Thread thread;

    private final Runnable onNameFree = wake::raise;

    private volatile boolean registered;
    /** What the listener was told last of {@link #isRegistered}. */
    private final AtomicBoolean toldRegistered = new AtomicBoolean();

    private volatile Runnable onRegistration = () -> {};
    private @Nullable Server server;
    private @Nullable SocketIdentity ours;
    private @Nullable SocketIdentity kubelets;
    /** The resource that is served, registered or not; empty if none is. */
    private volatile String served = "";

    private long registeredAt = System.nanoTime() - DIAL_BACK_LIMIT.toNanos();

    /**
     * @param directory kubelet's device plugin directory
     * @param socketName of our socket there
     * @param resource what the devices are called; empty while none are offered. A change is followed at the next check
     * @param claims those of all plugins of this agent
     */
    public DevicePlugin(
            UnixSockets sockets,
            Path directory,
            String socketName,
            Supplier<Optional<String>> resource,
            ResourceClaims claims,
            DeviceSupply supply,
            AllocationHandler devices,
            KubeletObserver observer) {
        this.sockets = sockets;
        this.directory = directory;
        this.socketName = socketName;
        this.resource = resource;
        this.claims = claims;
        this.observer = observer;
        this.streams = new DeviceStreams(supply, this::tellRegistration, this::streamEnded);
        this.service = new DevicePluginService(devices, streams, observer);
        this.thread = Thread.ofVirtual().name("kubelet-registration").unstarted(this::run);
        supply.onChange(streams::push);
        claims.onFree(onNameFree);
    }

    /** Begins to serve and to register; returns at once. */
    public void start() {
        thread.start();
    }

    /** Whether kubelet has accepted the registration and listens to our devices, or nothing has to be registered. */
    public boolean isRegistered() {
        return resource.get()
                .map(wanted -> registered && served.equals(wanted) && !streams.isEmpty())
                .orElse(true);
    }

    /** Calls the listener after {@link #isRegistered} has changed; before the start. It must be quick. */
    public void onRegistration(Runnable listener) {
        onRegistration = listener;
    }

    private void tellRegistration() {
        boolean now = isRegistered();
        if (toldRegistered.getAndSet(now) != now) {
            onRegistration.run();
        }
    }

    /** Looks now whether the resource is wanted. */
    public void check() {
        wake.raise();
    }

    /** Something has changed by which the devices may be others; does not block. */
    public void pushSoon() {
        pushDue.set(true);
        wake.raise();
    }

    private void streamEnded() {
        registered = false;
        tellRegistration();
        wake.raise();
    }

    private void run() {
        Duration retry = RETRIES.first();
        try (SocketWatch watch = SocketWatch.of(directory, wake)) {
            LOG.log(System.Logger.Level.DEBUG, "watching {0}", watch);
            while (!Thread.currentThread().isInterrupted()) {
                boolean done = guardedStep();
                tellRegistration();
                wake.await(done ? CHECK_INTERVAL : retry);
                boolean lostAgain = !registered && sinceRegistration().compareTo(RETRIES.longest()) < 0;
                if (done && lostAgain) {
                    // kubelet hung up soon after it had accepted us; asking again at once could go on for ever.
                    TimeUnit.NANOSECONDS.sleep(retry.toNanos());
                }
                retry = done && !lostAgain ? RETRIES.first() : RETRIES.after(retry);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean guardedStep() throws InterruptedException {
        try {
            return step();
        } catch (RuntimeException e) {
            registered = false;
            LOG.log(System.Logger.Level.ERROR, "the registration met something unforeseen and is tried again", e);
            return false;
        }
    }

    private Duration sinceRegistration() {
        return Duration.ofNanos(System.nanoTime() - registeredAt);
    }

    /** Does what is needed now; false if it has to be tried again soon. */
    private boolean step() throws InterruptedException {
        if (pushDue.compareAndSet(true, false)) {
            streams.push();
        }
        Optional<String> wanted = resource.get();
        if (!served.isEmpty() && !served.equals(wanted.orElse(""))) {
            leave();
        }
        if (wanted.isEmpty() || !claims.take(wanted.get(), socketName)) {
            return true;
        }
        served = wanted.get();
        try {
            serve();
            Optional<SocketIdentity> kubelet = SocketIdentity.of(directory.resolve(KUBELET_SOCKET));
            if (kubelet.isEmpty()) {
                registered = false;
                return true;
            }
            if (needsRegistration(kubelet.get())) {
                register(wanted.get());
                kubelets = kubelet.get();
            }
            return true;
        } catch (IOException e) {
            registered = false;
            LOG.log(System.Logger.Level.WARNING, "not registered with kubelet: {0}", String.valueOf(e));
            observer.registered(Optional.of("Unavailable"));
            return false;
        } catch (StatusRuntimeException e) {
            registered = false;
            LOG.log(System.Logger.Level.WARNING, "kubelet refused the registration: {0}", text(e.getStatus()));
            observer.registered(Optional.of(e.getStatus().getCode().name()));
            return false;
        }
    }

    /** Without the stack trace that a status shows of its cause: this is told every few seconds while kubelet is away. */
    private static String text(Status status) {
        Throwable cause = status.getCause();
        return "%s, %s".formatted(status.getCode(), cause == null ? status.getDescription() : cause.getMessage());
    }

    private boolean needsRegistration(SocketIdentity kubelet) {
        boolean dialledBack = !streams.isEmpty() || sinceRegistration().compareTo(DIAL_BACK_LIMIT) < 0;
        return !registered || !kubelet.equals(kubelets) || !dialledBack;
    }

    /** Serves unless it does already; kubelet removes foreign sockets when it starts. */
    private void serve() throws IOException {
        Path socket = directory.resolve(socketName);
        if (server != null && SocketIdentity.of(socket).equals(Optional.ofNullable(ours))) {
            return;
        }
        stopServing();
        registered = false;
        server = sockets.serve(socket, service);
        ours = SocketIdentity.of(socket).orElse(null);
        LOG.log(System.Logger.Level.INFO, "serving on {0}", socket);
    }

    /** kubelet hears of the end of the resource before its name is free. */
    private void leave() throws InterruptedException {
        endStreams();
        stopServing();
        registered = false;
        served = "";
        claims.giveBack(socketName);
    }

    private void endStreams() throws InterruptedException {
        if (streams.endAll()) {
            // kubelet has to notice the end before it hears of the next registration.
            TimeUnit.MILLISECONDS.sleep(DISCONNECT_PAUSE.toMillis());
        }
    }

    private void stopServing() {
        if (server != null) {
            streams.endAll();
            try {
                // Closing removes the socket file: it must be over before another server binds there.
                server.shutdownNow().awaitTermination(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server = null;
        }
    }

    private void register(String name) throws IOException, InterruptedException {
        endStreams();
        ManagedChannel channel = sockets.connect(directory.resolve(KUBELET_SOCKET));
        try {
            registeredAt = System.nanoTime();
            // Set first: kubelet may dial back, and even hang up, before its answer arrives here.
            registered = true;
            RegistrationGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .register(RegisterRequest.newBuilder()
                            .setVersion(API_VERSION)
                            .setEndpoint(socketName)
                            .setResourceName(name)
                            .setOptions(DevicePluginService.options())
                            .build());
        } finally {
            channel.shutdownNow();
        }
        observer.registered(Optional.empty());
        LOG.log(System.Logger.Level.INFO, "registered {0} with kubelet", name);
    }

    /** Stops serving; kubelet keeps the devices it has handed out. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(CALL_TIMEOUT_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        claims.forget(onNameFree);
        stopServing();
        claims.giveBack(socketName);
        try {
            Files.deleteIfExists(directory.resolve(socketName));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the socket file stays; it is removed at the next start", e);
        }
    }
}
