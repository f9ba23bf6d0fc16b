// The values each type is tried with: its edges (least, greatest, empty, NaN payloads, quotes, text beyond ASCII
// and beyond Latin-1) and seeded random ones.

#pragma once

#include "checks.h"
#include "echo.hh"

#include <limits>
#include <string>
#include <type_traits>
#include <vector>

// Text in the native code set of the process: ISO-8859-1, or with `utf8` UTF-8.
std::vector<std::string> text_edges(bool utf8);
std::string random_text(Random& random, bool utf8, uint32_t characters_max);
std::vector<std::wstring> wide_edges();
std::wstring random_wide(Random& random, uint32_t characters_max);

// Makes random values of one process's code set. Sequences get at most elements_max elements a level.
struct Maker {
    Random& random;
    bool utf8;
    uint32_t elements_max = 6;

    CORBA::Double number();
    CORBA::String_var text() { return CORBA::string_dup(random_text(random, utf8, 12).c_str()); }

    void make(CORBA::Long& value) { value = static_cast<CORBA::Long>(random.next()); }
    void make(Torture::Octets& value);
    void make(Torture::Longs& value);
    void make(Torture::FewLongs& value);
    void make(Torture::Doubles& value);
    void make(Torture::Strings& value);
    void make(Torture::LongTable& value);
    void make(Torture::Point& value);
    void make(Torture::Record& value);
    void make(Torture::Records& value);
    void make(Torture::Shape& value);
    void make(Torture::Shapes& value);
    void make(Torture::Choice& value);
    void make(Torture::MaybeLong& value);
    void make(Torture::MaybeRecord& value);
    void make(Torture::Entries& value);
};

// A random value of a composed type.
template <class T>
T random_value(Session& session, uint32_t elements_max = 6) {
    Maker maker{session.random, session.options.utf8, elements_max};
    T value;
    maker.make(value);
    return value;
}

// The least, greatest and middle values of an integer type and `rounds` random ones.
template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
std::vector<T> numbers(Session& session) {
    using Limits = std::numeric_limits<T>;
    std::vector<T> values = {Limits::min(), Limits::max(), T(0), T(1), T(Limits::max() / 2 + 1), T(Limits::min() + 1)};
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(static_cast<T>(session.random.next()));
    return values;
}

// Signed zeros, infinities, quiet and signalling NaNs with payloads, denormals, and random bit patterns.
std::vector<CORBA::Float> floats(Session& session);
std::vector<CORBA::Double> doubles(Session& session);
