package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.host.Systemd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Stops and restarts the services of the host that use GPUs. */
final class HostServices {

    private final ServiceList list;
    private final Systemd systemd;

    HostServices(ServiceList list, Systemd systemd) {
        this.list = list;
        this.systemd = systemd;
    }

    /** Lists the names of this host's services, in the order in which they are stopped. */
    @FunctionalInterface
    interface ServiceList {

        /** None is stopped. */
        ServiceList NONE = List::of;

        List<String> names() throws UnreachableException, MigSpecException;
    }

    /**
     * Returns the services that must not run while GPUs are changed and are to run afterwards, in the order in which
     * they are stopped. Skips those that do not exist, are disabled, or have done their work (NVIDIA mig-parted
     * {@code internal/systemd}).
     */
    List<GpuClients.Service> toStop() throws UnreachableException, MigSpecException {
        List<GpuClients.Service> services = new ArrayList<>();
        for (String name : list.names()) {
            try {
                Systemd.Unit unit = systemd.unit(name);
                if (isToRun(unit)) {
                    services.add(new GpuClients.Service(name, unit.isRunning()));
                }
            } catch (IOException e) {
                throw new UnreachableException(e);
            }
        }
        return services;
    }

    private static boolean isToRun(Systemd.Unit unit) {
        if (unit.isRunning()) {
            return true;
        }
        boolean exists =
                !unit.loadState().equals("not-found") && !unit.loadState().equals("masked");
        boolean failed = unit.activeState().equals("failed");
        boolean wanted =
                !unit.unitFileState().equals("disabled") && !unit.type().equals("oneshot");
        return exists && (failed || wanted);
    }

    void stop(List<String> names) throws UnreachableException {
        for (String name : names) {
            try {
                systemd.stop(name);
            } catch (IOException e) {
                throw new UnreachableException(e);
            }
        }
    }

    /**
     * Starts services, the last that was stopped first; one that fails does not keep the others from being started.
     *
     * @return those that failed, and why
     */
    Map<String, String> start(List<String> names) {
        Map<String, String> failed = new LinkedHashMap<>();
        for (String name : names.reversed()) {
            try {
                systemd.start(name);
            } catch (IOException e) {
                failed.put(name, String.valueOf(e.getMessage()));
            }
        }
        return failed;
    }
}
