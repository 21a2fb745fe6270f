package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import com.sun.jna.Structure;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** JNA lays every structure out as the C compiler does. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NvmlLayoutTest {

    private static final Map<String, Structure> STRUCTS = Map.ofEntries(
            Map.entry("nvmlPciInfo_t", new NvmlStructs.PciInfo()),
            Map.entry("nvmlMemory_t", new NvmlStructs.Memory()),
            Map.entry("nvmlFieldValue_t", new NvmlStructs.FieldValue()),
            Map.entry("nvmlProcessInfo_v1_t", new NvmlStructs.ProcessInfoV1()),
            Map.entry("nvmlProcessInfo_v2_t", new NvmlStructs.ProcessInfo()),
            Map.entry("nvmlGpuInstancePlacement_t", new NvmlStructs.GpuInstancePlacement()),
            Map.entry("nvmlGpuInstanceProfileInfo_t", new NvmlStructs.GpuInstanceProfileInfo()),
            Map.entry("nvmlGpuInstanceProfileInfo_v2_t", new NvmlStructs.GpuInstanceProfileInfoV2()),
            Map.entry("nvmlGpuInstanceProfileInfo_v3_t", new NvmlStructs.GpuInstanceProfileInfoV3()),
            Map.entry("nvmlGpuInstanceInfo_t", new NvmlStructs.GpuInstanceInfo()),
            Map.entry("nvmlComputeInstancePlacement_t", new NvmlStructs.ComputeInstancePlacement()),
            Map.entry("nvmlComputeInstanceProfileInfo_t", new NvmlStructs.ComputeInstanceProfileInfo()),
            Map.entry("nvmlComputeInstanceInfo_t", new NvmlStructs.ComputeInstanceInfo()),
            Map.entry("nvmlDeviceAttributes_t", new NvmlStructs.DeviceAttributes()),
            Map.entry("nvmlEventData_t", new NvmlStructs.EventData()),
            Map.entry("nvmlUtilization_t", new NvmlStructs.Utilization()),
            Map.entry("nvmlGpmSupport_t", new NvmlStructs.GpmSupport()),
            Map.entry("nvmlGpmMetric_t", new NvmlStructs.GpmMetric()));

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    static Stream<Arguments> structs() {
        return STRUCTS.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    static Stream<Arguments> fields() {
        return STRUCTS.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(entry -> fieldsOf(entry.getValue()).stream()
                        .map(field -> Arguments.of(entry.getKey(), entry.getValue(), field)));
    }

    private static List<String> fieldsOf(Structure struct) {
        return List.of(
                struct.getClass().getAnnotation(Structure.FieldOrder.class).value());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("structs")
    void aStructHasTheSizeThatTheCompilerGivesIt(String name, Structure struct) {
        assertThat((long) struct.size()).isEqualTo(fake.hooks().layout(name));
    }

    @ParameterizedTest(name = "{0}.{2}")
    @MethodSource("fields")
    void aFieldLiesWhereTheCompilerPutsIt(String name, Structure struct, String field)
            throws ReflectiveOperationException {
        Method offset = Structure.class.getDeclaredMethod("fieldOffset", String.class);
        offset.setAccessible(true);
        Object value = struct.getClass().getField(field).get(struct);
        Class<?> type = struct.getClass().getField(field).getType();
        int size = value instanceof Structure nested ? nested.size() : Native.getNativeSize(type, value);

        assertThat(((Integer) offset.invoke(struct, field)).longValue())
                .isEqualTo(fake.hooks().layout(name + "." + field));
        assertThat((long) size).isEqualTo(fake.hooks().layout(name + "." + field + "#"));
    }

    @Test
    void noStructIsForgotten() {
        assertThat(STRUCTS.values())
                .extracting(struct -> (Object) struct.getClass())
                .containsExactlyInAnyOrderElementsOf(Arrays.asList(NvmlStructs.class.getDeclaredClasses()));
    }

    @Test
    void aNameThatCDoesNotKnowIsNoticed() {
        assertThat(fake.hooks().layout("nvmlMemory_t.nothing")).isEqualTo(-1);
    }

    /** It is written field by field, because only the first few of its hundreds of metrics are of interest. */
    @Test
    void aRequestForMetricsLiesAsTheCompilerPutsIt() {
        assertThat(fake.hooks().layout("nvmlGpmMetricsGet_t")).isEqualTo(GpmCalls.METRICS_GET_BYTES);
        assertThat(fake.hooks().layout("nvmlGpmMetricsGet_t.version")).isEqualTo(GpmCalls.VERSION_AT);
        assertThat(fake.hooks().layout("nvmlGpmMetricsGet_t.numMetrics")).isEqualTo(GpmCalls.COUNT_AT);
        assertThat(fake.hooks().layout("nvmlGpmMetricsGet_t.sample1")).isEqualTo(GpmCalls.FIRST_SAMPLE_AT);
        assertThat(fake.hooks().layout("nvmlGpmMetricsGet_t.sample2")).isEqualTo(GpmCalls.SECOND_SAMPLE_AT);
        assertThat(fake.hooks().layout("nvmlGpmMetricsGet_t.metrics")).isEqualTo(GpmCalls.METRICS_AT);
        assertThat(fake.hooks().layout("nvmlGpmMetric_t")).isEqualTo(NvmlStructs.GpmMetric.BYTES);
    }

    @Test
    void versionsAreThoseThatDriversExpect() {
        assertThat(new NvmlStructs.GpuInstanceProfileInfoV2().version).isEqualTo(0x02000098);
        assertThat(new NvmlStructs.GpuInstanceProfileInfoV3().version).isEqualTo(0x03000098);
    }

    @Test
    void entriesOfListsAreAsLongAsTheirStructs() {
        assertThat(NvmlStructs.ProcessInfo.BYTES).isEqualTo(new NvmlStructs.ProcessInfo().size());
        assertThat(NvmlStructs.ProcessInfoV1.BYTES).isEqualTo(new NvmlStructs.ProcessInfoV1().size());
        assertThat(NvmlStructs.GpuInstancePlacement.BYTES).isEqualTo(new NvmlStructs.GpuInstancePlacement().size());
    }
}
