package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodDevicesTest {

    private static final String KEY = Annotations.DEVICES_ALLOCATED;

    @Test
    void hamisSamplesAreReadAndWrittenAgain() throws Exception {
        assertSame(
                "GPU-0fc3,NVIDIA,3000,0:;GPU-0fc3,NVIDIA,5000,0:;",
                List.of(List.of(nvidia("GPU-0fc3", 3000, 0)), List.of(nvidia("GPU-0fc3", 5000, 0))));
        assertSame(
                "GPU-a,NVIDIA,1000,30:GPU-b,NVIDIA,1000,30:;",
                List.of(List.of(nvidia("GPU-a", 1000, 30), nvidia("GPU-b", 1000, 30))));
        assertSame(
                ";GPU-x,NVIDIA,1000,0:;;;;",
                List.of(List.of(), List.of(nvidia("GPU-x", 1000, 0)), List.of(), List.of(), List.of()));
        assertSame("GPU-a,NVIDIA,9984,29:;", List.of(List.of(nvidia("GPU-a", 9984, 29))));
        assertSame("UUID1,Type1,1000,30:;", List.of(List.of(new AllocatedDevice("UUID1", "Type1", 1000, 30))));
        assertSame(
                "GPU-08d6[2-0],NVIDIA,20480,0:;",
                List.of(List.of(new AllocatedDevice("GPU-08d6", AllocatedDevice.NVIDIA, 20480, 0, "2-0"))));
        assertSame(";", List.of(List.of()));
        assertSame("", List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GPU-08d6,NVIDIA,20480,0:",
                "GPU-08d6,NVIDIA,20480,0",
                "GPU-08d6,NVIDIA,20480,0,later,fields:;",
                ":GPU-08d6,NVIDIA,20480,0::;"
            })
    void olderAndNewerFormsAreUnderstood(String text) throws Exception {
        assertThat(PodDevices.decode(KEY, text).containers()).containsExactly(List.of(nvidia("GPU-08d6", 20480, 0)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "uuid,type,100:;               | container 0 device 0 'uuid,type,100'",
                "uuid:;                        | container 0 device 0 'uuid'",
                "' ;'                          | container 0 device 0 ' '",
                ",NVIDIA,1,1:;                 | container 0 device 0 ',NVIDIA,1,1'",
                "' ,NVIDIA,1,1:;'              | container 0 device 0 ' ,NVIDIA,1,1'",
                "a,,1,1:;                      | container 0 device 0 'a,,1,1'",
                "a,NVIDIA,x,1:;                | container 0 device 0 'a,NVIDIA,x,1'",
                "a,NVIDIA,1,:;                 | container 0 device 0 'a,NVIDIA,1,'",
                "a,NVIDIA,-1,1:;               | container 0 device 0 'a,NVIDIA,-1,1'",
                "a,NVIDIA,+1,1:;               | container 0 device 0 'a,NVIDIA,+1,1'",
                "a,NVIDIA,1,99999999999:;      | container 0 device 0 'a,NVIDIA,1,99999999999'",
                "a,NVIDIA,9223372036854775808,1:; | container 0 device 0 'a,NVIDIA,9223372036854775808,1'",
                "a,NVIDIA,1,1:;;a,NVIDIA,1,1:b,NVIDIA,1:; | container 2 device 1 'b,NVIDIA,1'",
                "a[2],NVIDIA,1,1:;             | container 0 device 0 'a[2],NVIDIA,1,1'",
                "a[x-y],NVIDIA,1,1:;           | container 0 device 0 'a[x-y],NVIDIA,1,1'",
                "a[1-,NVIDIA,1,1:;             | container 0 device 0 'a[1-,NVIDIA,1,1'"
            })
    void whatIsMalformedIsNamedByItsPlace(String text, String place) {
        assertThatExceptionOfType(MalformedAnnotationException.class)
                .isThrownBy(() -> PodDevices.decode(KEY, text))
                .withMessageContaining(KEY)
                .withMessageContaining(place)
                .satisfies(e -> assertThat(e.key()).isEqualTo(KEY));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a,b", "a:b", "a;b", "GPU-a[0-1]"})
    void aDeviceThatCouldNotBeReadAgainIsNeverWritten(String uuid) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> nvidia(uuid, 1, 1))
                .withMessageContaining("'" + uuid + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0-", "0-1]", "a-b"})
    void aTemplateThatCouldNotBeReadAgainIsNeverWritten(String template) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AllocatedDevice("GPU-a", AllocatedDevice.NVIDIA, 1, 1, template))
                .withMessageContaining("template " + template);
    }

    @Test
    void emptyMeansThatNoContainerHasADevice() throws Exception {
        assertThat(PodDevices.decode(KEY, "").isEmpty()).isTrue();
        assertThat(PodDevices.decode(KEY, ";;").isEmpty()).isTrue();
        assertThat(PodDevices.decode(KEY, ";a,NVIDIA,1,1:;").isEmpty()).isFalse();
    }

    private static void assertSame(String text, List<List<AllocatedDevice>> containers) throws Exception {
        assertThat(PodDevices.decode(KEY, text).containers()).isEqualTo(containers);
        assertThat(new PodDevices(containers).encode()).isEqualTo(text);
    }

    private static AllocatedDevice nvidia(String uuid, long memoryMiB, int cores) {
        return new AllocatedDevice(uuid, AllocatedDevice.NVIDIA, memoryMiB, cores);
    }
}
