package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.ApiException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kubernetes quantities: their value, and the canonical spelling that the API server writes back. */
final class Quantities {
    private static final Pattern SYNTAX =
            Pattern.compile("([+-]?(?:\\d+\\.?\\d*|\\.\\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\\d+)?");
    private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
    private static final Map<String, Integer> DECIMAL =
            Map.of("n", -9, "u", -6, "m", -3, "", 0, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final Set<String> MAPS_OF_QUANTITIES =
            Set.of("limits", "requests", "capacity", "allocatable", "hard", "used", "overhead", "allocatedResources");
    private static final BigInteger KIBI = BigInteger.valueOf(1024);

    private Quantities() {}

    private enum Format {
        DECIMAL,
        BINARY,
        EXPONENT
    }

    private record Parsed(BigDecimal value, Format format) {}

    /** Returns the value; empty if the text is not a quantity. */
    static Optional<BigDecimal> value(String text) {
        return parse(text).map(Parsed::value);
    }

    /** Returns the canonical spelling; empty if the text is not a quantity. */
    static Optional<String> canonical(String text) {
        return parse(text).map(Quantities::spell);
    }

    /** Rewrites every quantity in an object of a type that has some; refuses malformed ones. */
    static void canonicalize(JsonNode node) {
        if (node instanceof ArrayNode array) {
            array.forEach(Quantities::canonicalize);
        } else if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                if (MAPS_OF_QUANTITIES.contains(field.getKey()) && field.getValue() instanceof ObjectNode quantities) {
                    canonicalizeValues(quantities);
                } else {
                    canonicalize(field.getValue());
                }
            });
        }
    }

    private static void canonicalizeValues(ObjectNode quantities) {
        for (Map.Entry<String, JsonNode> entry : List.copyOf(quantities.properties())) {
            if (entry.getValue().isContainerNode()) {
                canonicalize(entry.getValue());
            } else {
                String text = entry.getValue().asText();
                String canonical = canonical(text)
                        .orElseThrow(() -> ApiException.badRequest("quantities must match the regular expression "
                                + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$', but " + entry.getKey() + " is \""
                                + text + '"'));
                quantities.put(entry.getKey(), canonical);
            }
        }
    }

    private static Optional<Parsed> parse(String text) {
        Matcher matcher = SYNTAX.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        BigDecimal number = new BigDecimal(matcher.group(1));
        String suffix = matcher.group(2) == null ? "" : matcher.group(2);
        int binary = BINARY.indexOf(suffix);
        if (binary > 0) {
            BigDecimal value = number.multiply(new BigDecimal(KIBI.pow(binary)));
            // Values below one have no binary spelling, and those below 1024 need none.
            boolean small = value.abs().compareTo(new BigDecimal(KIBI)) < 0;
            return Optional.of(new Parsed(value, small ? Format.DECIMAL : Format.BINARY));
        }
        Integer exponent = DECIMAL.get(suffix);
        if (exponent != null) {
            return Optional.of(new Parsed(number.scaleByPowerOfTen(exponent), Format.DECIMAL));
        }
        int power = Integer.parseInt(suffix.substring(1));
        return Optional.of(new Parsed(number.scaleByPowerOfTen(power), Format.EXPONENT));
    }

    private static String spell(Parsed quantity) {
        if (quantity.value().signum() == 0) {
            return "0";
        }
        return quantity.format() == Format.BINARY
                ? binary(quantity.value())
                : decimal(quantity.value(), quantity.format());
    }

    private static String binary(BigDecimal value) {
        BigInteger mantissa = value.setScale(0, RoundingMode.UP).toBigIntegerExact();
        int power = 0;
        while (power < BINARY.size() - 1 && mantissa.mod(KIBI).signum() == 0) {
            mantissa = mantissa.divide(KIBI);
            power++;
        }
        return mantissa + BINARY.get(power);
    }

    private static String decimal(BigDecimal value, Format format) {
        BigDecimal mantissa = value.setScale(9, RoundingMode.UP).stripTrailingZeros();
        // The largest multiple of three that keeps the mantissa an integer.
        int exponent = Math.clamp(Math.floorDiv(-mantissa.scale(), 3) * 3L, -9, 18);
        String digits =
                mantissa.scaleByPowerOfTen(-exponent).toBigIntegerExact().toString();
        if (exponent == 0) {
            return digits;
        }
        if (format == Format.EXPONENT) {
            return digits + "e" + exponent;
        }
        return digits
                + DECIMAL.entrySet().stream()
                        .filter(suffix -> suffix.getValue() == exponent)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow();
    }
}
