package io.migpool.extender;

import io.migpool.contracts.policy.PodConstraints;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.request.PodGpuRequest;
import io.migpool.extender.pool.PodDemand;
import java.util.ArrayList;
import java.util.List;

/** Demands of pods for tests, container by container. */
public final class Demands {

    private final List<ContainerGpuRequest> containers = new ArrayList<>();

    private Demands() {}

    public static Demands pod() {
        return new Demands();
    }

    /** Returns the demand of one app container with one device of that many MiB. */
    public static PodDemand mib(long amount) {
        return mib(1, amount);
    }

    /** Returns the demand of one app container with devices of that many MiB. */
    public static PodDemand mib(int devices, long amount) {
        return pod().app(devices, new MemoryRequest.MiB(amount)).demand();
    }

    /** Returns the demand of one app container with one device of that share. */
    public static PodDemand percent(int percent) {
        return pod().app(1, new MemoryRequest.Percentage(percent)).demand();
    }

    public Demands app(int devices, MemoryRequest memory) {
        return add(Role.APP, devices, memory, 0);
    }

    /** Names no compute where the configuration has a default for that. */
    public Demands silentApp(int devices, MemoryRequest memory, int defaultCores) {
        return add(Role.APP, devices, memory, defaultCores, true);
    }

    public Demands app(int devices, MemoryRequest memory, int cores) {
        return add(Role.APP, devices, memory, cores);
    }

    public Demands init(int devices, MemoryRequest memory) {
        return add(Role.INIT, devices, memory, 0);
    }

    public Demands sidecar(int devices, MemoryRequest memory) {
        return add(Role.SIDECAR, devices, memory, 0);
    }

    private Demands add(Role role, int devices, MemoryRequest memory, int cores) {
        return add(role, devices, memory, cores, false);
    }

    private Demands add(Role role, int devices, MemoryRequest memory, int cores, boolean defaulted) {
        int index = containers.size();
        containers.add(new ContainerGpuRequest("c" + index, index, role, devices, false, memory, cores, defaulted));
        return this;
    }

    public PodDemand demand() {
        return demand(PodConstraints.NONE);
    }

    public PodDemand demand(PodConstraints constraints) {
        return new PodDemand(new PodGpuRequest(containers, containers.size()), constraints);
    }
}
