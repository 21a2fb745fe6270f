package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuDriverProvider;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import jakarta.enterprise.context.ApplicationScoped;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * Real GPUs through NVIDIA's management library; {@link NvmlSettings} lists the settings. On a machine without driver
 * or GPU the agent is idle and logs that once, unless configuration makes it an error.
 */
@ApplicationScoped
public class NvmlDriverProvider implements GpuDriverProvider {

    private static final System.Logger LOG = System.getLogger(NvmlDriverProvider.class.getName());
    /** Time between checks that all GPUs are registered for events in their present mode. */
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(10);

    private static final String CALL = "open";
    private static final String ALL_GPUS = "all GPUs";
    private static final Duration LAST_CALLS = Duration.ofSeconds(5);

    private final Duration lastCalls;
    /** The thread of an abandoned start, which may still be in progress. */
    private final AtomicReference<@Nullable NvmlThread> givenUp = new AtomicReference<>();
    /** Why there was no GPU the last time, so that it is logged once; the search for the driver is repeated. */
    private final AtomicReference<String> lastAbsence = new AtomicReference<>("");

    /** Creates a provider for CDI. */
    public NvmlDriverProvider() {
        this(LAST_CALLS);
    }

    /**
     * A provider.
     *
     * @param lastCalls how long closing a driver waits for native calls in progress, per GPU
     */
    NvmlDriverProvider(Duration lastCalls) {
        this.lastCalls = lastCalls;
    }

    @Override
    public String name() {
        return "nvml";
    }

    @Override
    public GpuDriver open(Config config) throws GpuException {
        return open(NvmlSettings.from(config));
    }

    GpuDriver open(NvmlSettings settings) throws GpuException {
        HostFiles host = new HostFiles(settings.bootIdFile(), settings.pciDevices());
        DriverLibrary.Loaded loaded;
        try {
            loaded = DriverLibrary.load(settings.driverRoots());
        } catch (DriverLibrary.NotFoundException e) {
            return without(settings, host, "no NVIDIA driver: " + e.getMessage());
        }
        requireNoneUnderWay();
        NvmlSession session = NvmlSession.on(loaded.library());
        NvmlThread thread = new NvmlThread("nvml", settings.initTimeout());
        Started started;
        try {
            started = thread.run(CALL, ALL_GPUS, wanted -> start(session, wanted));
        } catch (GpuException e) {
            thread.close();
            if (e.code() == GpuErrorCode.TIMEOUT) {
                givenUp.set(thread);
            }
            if (e.getCause() instanceof NvmlException refused && meansAbsent(refused.code())) {
                return without(settings, host, refused.getMessage());
            }
            throw e;
        }
        if (started.gpuCount() == 0) {
            thread.close();
            return without(settings, host, "the NVIDIA driver (%s) finds no GPU".formatted(loaded.from()));
        }
        return surveyed(session, thread, started, settings, host, loaded);
    }

    /**
     * Refuses to start while an abandoned start is in progress, because every attempt would leave one more thread in
     * the library.
     */
    private void requireNoneUnderWay() throws GpuException {
        NvmlThread last = givenUp.get();
        try {
            if (last != null && !last.awaitEnd(Duration.ZERO)) {
                throw new GpuException(
                        GpuErrorCode.TIMEOUT,
                        CALL,
                        ALL_GPUS,
                        "the previous initialisation of the library has not returned");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GpuException(GpuErrorCode.TIMEOUT, CALL, ALL_GPUS, "interrupted before it was done", e);
        }
    }

    private GpuDriver surveyed(
            NvmlSession session,
            NvmlThread thread,
            Started started,
            NvmlSettings settings,
            HostFiles host,
            DriverLibrary.Loaded loaded)
            throws GpuException {
        GpuSurvey survey = new GpuSurvey(
                session.nvml(),
                host,
                settings.initTimeout(),
                () -> thread.run(
                        "lookForMore", ALL_GPUS, wanted -> session.nvml().deviceCount()));
        boolean kept = false;
        try {
            survey.look(started.gpuCount());
            if (survey.identified().isEmpty() && settings.failWithoutDriver()) {
                return without(
                        settings, host, "the NVIDIA driver (%s) finds no GPU that answers".formatted(loaded.from()));
            }
            LOG.log(Level.INFO, "{0} GPUs through {1}", survey.identified().size(), loaded.from());
            lastAbsence.set("");
            kept = true;
            return new NvmlGpuDriver(
                    survey,
                    identity -> new NvmlGpu(session, identity, settings),
                    Optional.of(started.versions()),
                    host,
                    all -> new NvmlEvents(session, all, settings.queryTimeout(), LOOK_INTERVAL),
                    all -> letGo(session, thread, survey, all));
        } finally {
            if (!kept) {
                letGo(session, thread, survey, List.of());
            }
        }
    }

    /** What the library reported when it was initialised. */
    private record Started(int gpuCount, DriverVersions versions) {}

    /** Initialises the library and counts the GPUs; shuts it down again if it is not needed. */
    private static Started start(NvmlSession session, NvmlThread.Wanted wanted) throws NvmlException, GpuException {
        session.nvml().init();
        boolean kept = false;
        try {
            DriverVersions versions = session.nvml().versions();
            int count = session.nvml().deviceCount();
            wanted.check();
            kept = count > 0;
            if (kept) {
                // An empty driver is opened again and again.
                LOG.log(Level.INFO, "The NVIDIA driver is {0}", versions.driver());
            }
            return new Started(count, versions);
        } finally {
            if (!kept) {
                session.nvml().shutdown();
            }
        }
    }

    private static boolean meansAbsent(ReturnCode code) {
        return code == ReturnCode.DRIVER_NOT_LOADED
                || code == ReturnCode.LIBRARY_NOT_FOUND
                || code == ReturnCode.GPU_NOT_FOUND
                || code == ReturnCode.NOT_FOUND;
    }

    private GpuDriver without(NvmlSettings settings, HostFiles host, @Nullable String why) throws GpuException {
        if (settings.failWithoutDriver()) {
            throw new GpuException(
                    GpuErrorCode.NOT_SUPPORTED,
                    CALL,
                    ALL_GPUS,
                    "%s; install the driver, set %s to where it is mounted, or set %s=false"
                            .formatted(why, NvmlSettings.DRIVER_ROOT_KEY, NvmlSettings.FAIL_WITHOUT_DRIVER_KEY));
        }
        if (!String.valueOf(why).equals(lastAbsence.getAndSet(String.valueOf(why)))) {
            LOG.log(Level.WARNING, "This node offers no GPU, {0}", why);
        }
        return new NvmlGpuDriver(
                NvmlGpuDriver.Survey.NONE,
                identity -> {
                    throw new IllegalStateException("there is no library to ask about " + identity);
                },
                Optional.empty(),
                host,
                gpus -> {
                    throw new GpuException(GpuErrorCode.NOT_SUPPORTED, "events", ALL_GPUS, "there is no GPU");
                },
                gpus -> {});
    }

    /**
     * Ends the calls, then shuts the library down; with a call still in progress the library is left alone, because
     * shutting it down would block.
     */
    private void letGo(NvmlSession session, NvmlThread thread, GpuSurvey survey, List<NvmlGpu> gpus) {
        gpus.forEach(NvmlGpu::close);
        survey.close();
        try {
            if (!survey.awaitEnd(lastCalls)) {
                LOG.log(Level.WARNING, "A GPU still does not answer; the library is not shut down");
                return;
            }
            for (NvmlGpu gpu : gpus) {
                if (!gpu.awaitEnd(lastCalls)) {
                    LOG.log(Level.WARNING, "A call on {0} does not return; the library is not shut down", gpu.uuid());
                    return;
                }
            }
            thread.run("close", ALL_GPUS, wanted -> {
                session.nvml().shutdown();
                return session;
            });
        } catch (GpuException e) {
            LOG.log(Level.WARNING, "The library cannot be shut down", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            thread.close();
        }
    }
}
