package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.RandomValues;
import io.migpool.contracts.mig.GpuInventory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CodecPropertiesTest {

    private static final long SEED = 9223;
    private static final int ROUND_TRIPS = 2_000;
    private static final int MUTATIONS = 20_000;
    private static final String LETTERS = "{}[]\",:;0123456789-+.eEtrufalsn \\/GPUMIgb\u0000\u00fc\ud83d";

    private interface Codec {
        String again(String text) throws MalformedAnnotationException;
    }

    @Test
    void podDevicesAreReadAsTheyWereWritten() throws Exception {
        RandomValues random = new RandomValues(SEED);
        for (int i = 0; i < ROUND_TRIPS; i++) {
            PodDevices devices = random.podDevices();
            assertThat(PodDevices.decode(Annotations.DEVICES_ALLOCATED, devices.encode()))
                    .as("%s, case %d", random, i)
                    .isEqualTo(devices);
        }
    }

    @Test
    void reservationsAreReadAsTheyWereWritten() throws Exception {
        RandomValues random = new RandomValues(SEED);
        for (int i = 0; i < ROUND_TRIPS; i++) {
            Reservation reservation = random.reservation();
            assertThat(Reservation.fromAnnotations(reservation.toAnnotations()))
                    .as("%s, case %d", random, i)
                    .hasValue(reservation);
            assertThat(MigAllocations.decode(MigAllocations.encode(reservation.migAllocations())))
                    .as("%s, case %d", random, i)
                    .isEqualTo(reservation.migAllocations());
        }
    }

    @Test
    void nodeRegistrationsAreReadAsTheyWereWritten() throws Exception {
        RandomValues random = new RandomValues(SEED);
        for (int i = 0; i < ROUND_TRIPS; i++) {
            List<GpuInventory> gpus = gpus(random);
            assertThat(NodeRegistration.fromAnnotations(NodeRegistration.toAnnotations(gpus)))
                    .as("%s, case %d", random, i)
                    .isEqualTo(gpus);
        }
    }

    @Test
    void whateverBecomesOfADeviceStringIsReadOrMalformed() {
        fuzz(random -> random.podDevices().encode(), text -> PodDevices.decode(Annotations.DEVICES_ALLOCATED, text)
                .encode());
    }

    @Test
    void whateverBecomesOfMigAllocationsIsReadOrMalformed() {
        fuzz(
                random -> MigAllocations.encode(random.reservation().migAllocations()),
                text -> MigAllocations.encode(MigAllocations.decode(text)));
    }

    @Test
    void whateverBecomesOfANodeRegistrationIsReadOrMalformed() {
        fuzz(random -> registered(gpus(random)), text -> registered(NodeRegistration.decode(text)));
    }

    @Test
    void whateverBecomesOfWhatWeAddToARegistrationIsReadOrMalformed() {
        RandomValues random = new RandomValues(SEED);
        int malformed = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            Map<String, String> annotations = new HashMap<>(NodeRegistration.toAnnotations(gpus(random)));
            annotations.computeIfPresent(Annotations.NODE_GPUS, (k, value) -> random.mutated(value, LETTERS));
            try {
                assertThat(NodeRegistration.fromAnnotations(annotations)).isNotEmpty();
            } catch (MalformedAnnotationException e) {
                malformed++;
                assertThat(e).as("%s, case %d", random, i).hasMessageContaining(e.key());
            }
        }
        assertThat(malformed).isBetween(MUTATIONS / 10, MUTATIONS - 1);
    }

    private static String registered(List<GpuInventory> gpus) {
        return NodeRegistration.toAnnotations(gpus).getOrDefault(Annotations.NODE_REGISTER, "");
    }

    @Test
    void whateverBecomesOfAReservationIsReadOrMalformed() {
        RandomValues random = new RandomValues(SEED);
        int malformed = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            Map<String, String> annotations = new HashMap<>(random.reservation().toAnnotations());
            String key = random.oneOf(annotations.keySet().stream().sorted().toList());
            annotations.computeIfPresent(key, (k, value) -> random.mutated(value, LETTERS));
            try {
                assertThat(Reservation.fromAnnotations(annotations)).isPresent();
            } catch (MalformedAnnotationException e) {
                malformed++;
                assertThat(e).as("%s, case %d", random, i).hasMessageContaining(e.key());
            }
        }
        assertThat(malformed).isBetween(MUTATIONS / 10, MUTATIONS - 1);
    }

    private interface Source {
        String text(RandomValues random);
    }

    /**
     * Checks that whatever can be read is written in a stable form, and that everything else is malformed and nothing
     * worse.
     */
    private static void fuzz(Source source, Codec codec) {
        RandomValues random = new RandomValues(SEED);
        int malformed = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            String text = random.mutated(source.text(random), LETTERS);
            try {
                String written = codec.again(text);
                assertThat(codec.again(written))
                        .as("%s, case %d: %s", random, i, text)
                        .isEqualTo(written);
            } catch (MalformedAnnotationException e) {
                malformed++;
                assertThat(e).as("%s, case %d", random, i).hasMessageContaining(e.key());
            }
        }
        assertThat(malformed).isBetween(MUTATIONS / 10, MUTATIONS - 1);
    }

    private static List<GpuInventory> gpus(RandomValues random) {
        List<GpuInventory> gpus = new ArrayList<>();
        for (int index = 0; index <= random.below(3); index++) {
            gpus.add(random.gpu(index));
        }
        return gpus;
    }
}
