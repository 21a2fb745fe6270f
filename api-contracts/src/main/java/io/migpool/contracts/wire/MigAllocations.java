package io.migpool.contracts.wire;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Codec of {@link Annotations#MIG_ALLOCATIONS} (HAMi {@code pkg/device/nvidia/mig_allocations.go}). */
public final class MigAllocations {

    private MigAllocations() {}

    /** Returns the annotation's value. */
    public static String encode(List<MigAllocation> allocations) {
        ArrayNode list = JsonFields.JSON.createArrayNode();
        for (MigAllocation allocation : allocations) {
            ObjectNode element = list.addObject();
            element.put("containerIndex", allocation.containerIndex());
            element.put("deviceIndex", allocation.deviceIndex());
            element.put("gpuUUID", allocation.gpuUuid());
            element.put("profile", allocation.profile().toString());
            element.putObject("placement")
                    .put("start", allocation.placement().start())
                    .put("size", allocation.placement().size());
            MigRuntime runtime = allocation.runtime();
            if (runtime != null) {
                element.put("migUUID", runtime.migUuid());
                element.put("gpuInstanceID", runtime.gpuInstanceId());
                element.put("computeInstanceID", runtime.computeInstanceId());
            }
        }
        return list.toString();
    }

    /**
     * Reads the annotation's value; an empty value means an empty list.
     *
     * @throws MalformedAnnotationException if an element or field is missing or wrong, a runtime identity is
     *     incomplete, or a device is listed twice; names it
     */
    public static List<MigAllocation> decode(String text) throws MalformedAnnotationException {
        if (text.isBlank()) {
            return List.of();
        }
        List<MigAllocation> allocations = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        for (JsonFields element : JsonFields.list(Annotations.MIG_ALLOCATIONS, text)) {
            MigAllocation allocation = allocation(element);
            if (!seen.add(((long) allocation.containerIndex() << Integer.SIZE) | allocation.deviceIndex())) {
                throw element.malformed("names container %d device %d twice"
                        .formatted(allocation.containerIndex(), allocation.deviceIndex()));
            }
            allocations.add(allocation);
        }
        return List.copyOf(allocations);
    }

    private static MigAllocation allocation(JsonFields element) throws MalformedAnnotationException {
        return new MigAllocation(
                element.count("containerIndex"),
                element.count("deviceIndex"),
                element.string("gpuUUID"),
                element.profile("profile"),
                element.field("placement").object().asPlacement(),
                runtime(element));
    }

    private static @Nullable MigRuntime runtime(JsonFields element) throws MalformedAnnotationException {
        boolean uuid = element.has("migUUID");
        boolean gpuInstance = element.has("gpuInstanceID");
        boolean computeInstance = element.has("computeInstanceID");
        if (!uuid && !gpuInstance && !computeInstance) {
            return null;
        }
        if (!(uuid && gpuInstance && computeInstance)) {
            throw element.malformed(
                    "has only a part of its runtime identity; migUUID, gpuInstanceID and computeInstanceID go together");
        }
        return new MigRuntime(
                element.string("migUUID"), element.count("gpuInstanceID"), element.count("computeInstanceID"));
    }
}
