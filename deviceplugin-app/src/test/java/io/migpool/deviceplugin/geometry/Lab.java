package io.migpool.deviceplugin.geometry;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.gpu.ComputeInstance;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import io.migpool.deviceplugin.simulated.MachineSpec;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import io.migpool.deviceplugin.simulated.SimulatedMachine;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** A machine whose GPUs are cut by configuration. */
public record Lab(SimulatedMachine machine, GpuDriver driver, Geometry geometry) implements AutoCloseable {

    public static Lab of(String boards) {
        return of(MachineSpec.of(boards).withSeed(3));
    }

    public static Lab of(MachineSpec spec) {
        SimulatedMachine machine = SimulatedMachine.inMemory(spec);
        GpuDriver driver = machine.openDriver();
        return new Lab(machine, driver, new Geometry(driver));
    }

    public String gpu(int index) throws GpuException {
        return driver.gpus().get(index).uuid();
    }

    public Outcome apply(String devices) throws GpuException {
        return applyAll(everywhere(devices));
    }

    public Outcome applyAll(List<MigSpecEntry> config) throws GpuException {
        return geometry.apply(new Target.Layout(config), List.of());
    }

    static Target target(String devices) {
        return new Target.Layout(everywhere(devices));
    }

    public static List<MigSpecEntry> everywhere(String devices) {
        return List.of(MigSpecEntry.everywhere(Boards.counts(devices)));
    }

    /** The instances, whatever faults wait for the driver's next calls. */
    public List<GpuInstance> instances(int index) throws GpuException {
        return machine.snapshot().gpus().get(index).instances();
    }

    /** What a person sees: {@code 1g.10gb@0:1}, {@code 3g.40gb@4:4 [2, 1]} with parts, sorted. */
    public TreeSet<String> layout(int index) throws GpuException {
        TreeSet<String> layout = new TreeSet<>();
        for (GpuInstance instance : instances(index)) {
            LaidInstance laid = LaidInstance.of(instance);
            String parts = laid.usable() ? laid.isInParts() ? " " + laid.computeSlices() : "" : " bare";
            layout.add("%s@%s%s".formatted(laid.profile(), laid.placement(), parts));
        }
        return layout;
    }

    public Map<MigProfile, Integer> devices(int index) throws GpuException {
        Map<MigProfile, Integer> counts = new TreeMap<>();
        for (GpuInstance instance : instances(index)) {
            if (instance.computeInstances().isEmpty()) {
                counts.merge(instance.profile(), 0, Integer::sum);
            }
            instance.computeInstances().forEach(compute -> counts.merge(compute.profile(), 1, Integer::sum));
        }
        return counts;
    }

    /** The MIG UUIDs by place: {@code 1g.10gb@0:1}, for parts with the id, {@code 1c.3g.40gb@4:4/2}. */
    public Map<String, String> uuids(int index) throws GpuException {
        Map<String, String> uuids = new TreeMap<>();
        for (GpuInstance instance : instances(index)) {
            for (ComputeInstance compute : instance.computeInstances()) {
                String part = compute.profile().sharesGpuInstance() ? "/" + compute.id() : "";
                uuids.put(compute.profile() + "@" + instance.placement() + part, compute.migUuid());
            }
        }
        return uuids;
    }

    public String uuidAt(int index, String place) throws GpuException {
        return Optional.ofNullable(uuids(index).get(place)).orElseThrow();
    }

    /** A process opens the instance of that place. */
    public void use(int index, String place, long pid) throws GpuException {
        machine.startProcess(uuidAt(index, place), pid, 10);
    }

    /** The next calls of that name fail in that way, with {@code UNKNOWN}. */
    public void fail(int index, String call, SimulatedFault.Effect effect, int times) throws GpuException {
        machine.inject(gpu(index), new SimulatedFault(call, effect, GpuErrorCode.UNKNOWN, times, 0));
    }

    @Override
    public void close() {
        driver.close();
        machine.close();
    }
}
