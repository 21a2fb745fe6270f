package io.migpool.deviceplugin.simulated;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import java.io.IOException;
import java.io.Serial;
import java.util.function.Function;

/**
 * The state of a machine as JSON; with profiles and placements in their usual spelling, {@code 3g.40gb} and
 * {@code 4:4}.
 */
final class StateJson {

    private final JsonMapper mapper = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(MigProfile.class, ToStringSerializer.instance)
                    .addSerializer(Placement.class, ToStringSerializer.instance)
                    .addDeserializer(MigProfile.class, new FromText<>(MigProfile.class, MigProfile::parse))
                    .addDeserializer(Placement.class, new FromText<>(Placement.class, StateJson::placement)))
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    byte[] write(MachineState state) throws JsonProcessingException {
        return mapper.writeValueAsBytes(state);
    }

    MachineState read(byte[] json) throws IOException {
        return mapper.readValue(json, MachineState.class);
    }

    private static Placement placement(String text) {
        int colon = text.indexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("placement '" + text + "' is not of the form start:size");
        }
        return new Placement(Integer.parseInt(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }

    /**
     * A value that is written as one word.
     *
     * @param <T> its type
     */
    private static final class FromText<T> extends StdScalarDeserializer<T> {

        @Serial
        private static final long serialVersionUID = 1L;

        private final transient Function<String, T> parser;

        FromText(Class<T> type, Function<String, T> parser) {
            super(type);
            this.parser = parser;
        }

        @Override
        public T deserialize(JsonParser json, DeserializationContext context) throws IOException {
            String text = json.getValueAsString("");
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw context.weirdStringException(text, handledType(), e.getMessage());
            }
        }
    }
}
