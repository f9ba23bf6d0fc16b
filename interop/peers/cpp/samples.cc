#include "samples.h"

#include <cstring>

namespace {

template <class To, class From>
To from_bits(From bits) {
    static_assert(sizeof(To) == sizeof(From), "the same number of bits");
    To value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

void append_utf8(std::string& text, uint32_t code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xc0 | (code >> 6));
        text += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        text += static_cast<char>(0xe0 | (code >> 12));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        text += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        text += static_cast<char>(0xf0 | (code >> 18));
        text += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        text += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// A character of the basic plane that is neither 0 nor half a pair.
uint32_t basic_plane(Random& random) {
    uint32_t code = 1 + random.below(0xfffc);
    return code >= 0xd800 && code < 0xe000 ? 0x20ac : code;
}

std::string random_key(Random& random, CORBA::ULong index) {
    return "key " + std::to_string(random.below(1000)) + "/" + std::to_string(index);
}

} // namespace

// ---- Text -------------------------------------------------------------------------------------------------

std::vector<std::string> text_edges(bool utf8) {
    std::string control;
    for (char c = 1; c < 32; ++c)
        control += c;
    std::vector<std::string> edges = {
        "", "a", "abc", "abcd", "he said \"no\", 'never' and \\n", "100% {} <&>;", control + "\x7f",
        std::string(5000, 'x'),
    };
    if (utf8) {
        edges.push_back(u8"caf\u00e9 \u00ff");
        edges.push_back(u8"\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac");
        edges.push_back(u8"\u65e5\u672c\u8a9e");
        edges.push_back(u8"\ufffd\u20ac");
        edges.push_back(u8"\U0001f600 \U0010fffd");
    } else {
        std::string all;
        for (int c = 0x80; c < 0x100; ++c)
            all += static_cast<char>(c);
        edges.push_back(all);
        edges.push_back("caf\xe9");
    }
    return edges;
}

std::string random_text(Random& random, bool utf8, uint32_t characters_max) {
    std::string text;
    for (uint32_t left = random.below(characters_max + 1); left > 0; --left) {
        uint32_t kind = random.below(4);
        if (kind == 0 && utf8)
            append_utf8(text, random.below(8) == 0 ? 0x10000 + random.below(0xffff) : basic_plane(random));
        else if (kind == 0)
            text += static_cast<char>(1 + random.below(255));
        else
            text += static_cast<char>(' ' + random.below(95));
    }
    return text;
}

std::vector<std::wstring> wide_edges() {
    return {L"", L"x", L"xy", L"\u20ac", L"caf\u00e9", L"\u0416\u0434", L"\u65e5\u672c", L"\ufffd\u0001",
            L"say \"\u201cno\u201d\"", std::wstring(3000, L'\u03a9')};
}

std::wstring random_wide(Random& random, uint32_t characters_max) {
    std::wstring text;
    for (uint32_t left = random.below(characters_max + 1); left > 0; --left)
        text += static_cast<wchar_t>(basic_plane(random));
    return text;
}

// ---- Numbers ----------------------------------------------------------------------------------------------

std::vector<CORBA::Float> floats(Session& session) {
    using Limits = std::numeric_limits<CORBA::Float>;
    std::vector<CORBA::Float> values = {0.0f, -0.0f, 1.5f, Limits::min(), Limits::max(), Limits::lowest(),
                                        Limits::denorm_min(), Limits::infinity(), -Limits::infinity(),
                                        from_bits<CORBA::Float>(uint32_t(0x7fc12345)),
                                        from_bits<CORBA::Float>(uint32_t(0xffabcdef))};
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(from_bits<CORBA::Float>(static_cast<uint32_t>(session.random.next())));
    return values;
}

std::vector<CORBA::Double> doubles(Session& session) {
    using Limits = std::numeric_limits<CORBA::Double>;
    std::vector<CORBA::Double> values = {0.0, -0.0, 0.1, Limits::min(), Limits::max(), Limits::lowest(),
                                         Limits::denorm_min(), Limits::infinity(), -Limits::infinity(),
                                         from_bits<CORBA::Double>(uint64_t(0x7ff8123456789abc)),
                                         from_bits<CORBA::Double>(uint64_t(0x7ff0000000000001)),
                                         from_bits<CORBA::Double>(uint64_t(0xfffedcba98765432))};
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(from_bits<CORBA::Double>(session.random.next()));
    return values;
}

CORBA::Double Maker::number() { return from_bits<CORBA::Double>(random.next()); }

// ---- Sequences --------------------------------------------------------------------------------------------

void Maker::make(Torture::Octets& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        value[i] = static_cast<CORBA::Octet>(random.next());
}

void Maker::make(Torture::Longs& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        make(value[i]);
}

void Maker::make(Torture::FewLongs& value) {
    value.length(random.below(5));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        make(value[i]);
}

void Maker::make(Torture::Doubles& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        value[i] = number();
}

void Maker::make(Torture::Strings& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        value[i] = text()._retn();
}

void Maker::make(Torture::LongTable& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        make(value[i]);
}

void Maker::make(Torture::Entries& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i) {
        value[i].key = random_key(random, i).c_str();
        make(value[i].value);
    }
}

// ---- Structures and unions --------------------------------------------------------------------------------

void Maker::make(Torture::Point& value) {
    make(value.x);
    value.y = number();
}

void Maker::make(Torture::Record& value) {
    value.tag = static_cast<CORBA::Octet>(random.next());
    value.name = text()._retn();
    make(value.at);
    value.visible = random.below(2) == 1;
    make(value.values);
    value.paint = static_cast<Torture::Colour>(random.below(3));
    make(value.notes);
    value.rank = static_cast<CORBA::Short>(random.next());
    value.serial = random.next();
}

void Maker::make(Torture::Records& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        make(value[i]);
}

void Maker::make(Torture::Shape& value) {
    switch (random.below(4)) {
    case 0:
        value._default();
        break;
    case 1:
        value.radius(number());
        break;
    case 2:
        value.label(text().in());
        break;
    default: {
        Torture::Record full;
        make(full);
        value.full(full);
    }
    }
}

void Maker::make(Torture::Shapes& value) {
    value.length(random.below(elements_max + 1));
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        make(value[i]);
}

void Maker::make(Torture::Choice& value) {
    switch (random.below(4)) {
    case 0:
        value.few(text().in());
        value._d(1);
        break;
    case 1:
        value.few(text().in());
        value._d(2);
        break;
    case 2: {
        Torture::Octets blob;
        make(blob);
        value.blob(blob);
        break;
    }
    default: {
        value.other(static_cast<CORBA::Short>(random.next()));
        CORBA::Long label = static_cast<CORBA::Long>(random.next());
        value._d(label == 1 || label == 2 || label == -7 ? 3 : label);
    }
    }
}

void Maker::make(Torture::MaybeLong& value) {
    if (random.below(3) == 0) {
        value._default();
        return;
    }
    CORBA::Long number;
    make(number);
    value.value(number);
}

void Maker::make(Torture::MaybeRecord& value) {
    if (random.below(3) == 0) {
        value._default();
        return;
    }
    Torture::Record record;
    make(record);
    value.value(record);
}
