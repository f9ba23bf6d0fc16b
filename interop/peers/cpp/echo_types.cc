// Every type of the interface, there and back.

#include "echo_checks.h"
#include "image.h"
#include "samples.h"

#include <algorithm>
#include <memory>

namespace {

using Stub = Torture::_objref_Echo;

// The shapes an echo has in C++: by value, by reference, returned on the heap, and text.
template <class T>
void echo(Session& session, T (Stub::*operation)(T), const std::vector<T>& values) {
    Torture::Echo_var target = echo_of(session);
    for (T value : values)
        expect_same(value, (target.in()->*operation)(value));
}

template <class T>
void echo(Session& session, T (Stub::*operation)(const T&), const std::vector<T>& values) {
    Torture::Echo_var target = echo_of(session);
    for (const T& value : values)
        expect_same(value, (target.in()->*operation)(value));
}

template <class T>
void echo(Session& session, T* (Stub::*operation)(const T&), const std::vector<T>& values) {
    Torture::Echo_var target = echo_of(session);
    for (const T& value : values) {
        std::unique_ptr<T> got((target.in()->*operation)(value));
        expect_same(value, *got);
    }
}

void echo(Session& session, char* (Stub::*operation)(const char*), const std::vector<std::string>& values) {
    Torture::Echo_var target = echo_of(session);
    for (const std::string& value : values) {
        CORBA::String_var got = (target.in()->*operation)(value.c_str());
        expect_same(value.c_str(), got.in());
    }
}

void echo(Session& session, CORBA::WChar* (Stub::*operation)(const CORBA::WChar*),
          const std::vector<std::wstring>& values) {
    Torture::Echo_var target = echo_of(session);
    for (const std::wstring& value : values) {
        CORBA::WString_var got = (target.in()->*operation)(value.c_str());
        expect_same(value.c_str(), got.in());
    }
}

// The default value of a type (empty sequences, the first label) and random ones, the last of them large.
template <class T>
std::vector<T> samples(Session& session, std::vector<T> values = {}) {
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(random_value<T>(session));
    values.push_back(random_value<T>(session, 40));
    return values;
}

std::vector<std::string> texts(Session& session) {
    std::vector<std::string> values = text_edges(session.options.utf8);
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(random_text(session.random, session.options.utf8, 60));
    return values;
}

std::vector<std::wstring> wides(Session& session) {
    std::vector<std::wstring> values = wide_edges();
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(random_wide(session.random, 60));
    return values;
}

std::vector<CORBA::WChar> wide_characters(Session& session) {
    std::vector<CORBA::WChar> values = {L'a', L'\u00e9', L'\u20ac', L'\ufffd', L'\u65e5', L'\x7f', L'\0'};
    for (int i = 0; i < session.options.rounds; ++i)
        for (wchar_t character : random_wide(session.random, 3))
            values.push_back(character);
    return values;
}

std::vector<CORBA::Char> characters(int first, int count) {
    std::vector<CORBA::Char> values;
    for (int i = 0; i < count; ++i)
        values.push_back(static_cast<CORBA::Char>(first + i));
    return values;
}

std::vector<std::string> short_texts(Session& session) {
    std::vector<std::string> values = {"", "1234567", "12345678", "\"'\\%s"};
    for (int i = 0; i < session.options.rounds; ++i) {
        std::string text;
        for (uint32_t left = session.random.below(9); left > 0; --left)
            text += static_cast<char>(' ' + session.random.below(95));
        values.push_back(text);
    }
    return values;
}

void matrices(Session& session) {
    Torture::Echo_var target = echo_of(session);
    for (int i = 0; i < session.options.rounds; ++i) {
        Torture::Matrix value;
        for (auto& row : value)
            for (CORBA::Long& cell : row)
                cell = static_cast<CORBA::Long>(session.random.next());
        Torture::Matrix_var got = target->echo_matrix(value);
        expect_same(cells(value), cells(got.in()));
    }
}

std::vector<Torture::Record> records(Session& session) {
    Torture::Record empty{};
    empty.name = "";
    empty.paint = Torture::RED;
    return samples<Torture::Record>(session, {empty});
}

// Each label of each union, so that none depends on chance.
std::vector<Torture::Choice> choices(Session& session) {
    Torture::Choice first, second, blob, other, least;
    first.few("");
    second.few("two");
    second._d(2);
    blob.blob(Torture::Octets());
    other.other(-1);
    least.other(32767);
    least._d(std::numeric_limits<CORBA::Long>::min());
    return samples<Torture::Choice>(session, {first, second, blob, other, least});
}

std::vector<Torture::Shape> shapes(Session& session) {
    Torture::Shape empty, circle, label;
    empty._default();
    circle.radius(-0.0);
    label.label("\"");
    return samples<Torture::Shape>(session, {empty, circle, label});
}

// A map may come back in another order: both sides are compared sorted by key.
void entries(Session& session) {
    Torture::Echo_var target = echo_of(session);
    auto sorted = [](const Torture::Entries& entries) {
        std::vector<std::pair<std::string, CORBA::Long>> result;
        for (CORBA::ULong i = 0; i < entries.length(); ++i)
            result.emplace_back(entries[i].key.in(), entries[i].value);
        std::sort(result.begin(), result.end());
        return result;
    };
    for (const Torture::Entries& value : samples<Torture::Entries>(session, {Torture::Entries()})) {
        Torture::Entries_var got = target->echo_entries(value);
        auto left = sorted(value), right = sorted(got.in());
        expect_equal(static_cast<long long>(left.size()), static_cast<long long>(right.size()));
        for (size_t i = 0; i < left.size(); ++i) {
            expect_text(left[i].first, right[i].first);
            expect_equal(left[i].second, right[i].second);
        }
    }
}

std::vector<Check> plain_checks() {
    using namespace CORBA;
    return {
        {"all", "short", [](Session& s) { echo(s, &Stub::echo_short, numbers<Short>(s)); }},
        {"all", "long", [](Session& s) { echo(s, &Stub::echo_long, numbers<Long>(s)); }},
        {"all", "long_long", [](Session& s) { echo(s, &Stub::echo_long_long, numbers<LongLong>(s)); }},
        {"all", "octet", [](Session& s) { echo(s, &Stub::echo_octet, numbers<Octet>(s)); }},
        {"all", "unsigned_short", [](Session& s) { echo(s, &Stub::echo_unsigned_short, numbers<UShort>(s)); }},
        {"all", "unsigned_long", [](Session& s) { echo(s, &Stub::echo_unsigned_long, numbers<ULong>(s)); }},
        {"all", "unsigned_long_long",
         [](Session& s) { echo(s, &Stub::echo_unsigned_long_long, numbers<ULongLong>(s)); }},
        {"all", "float", [](Session& s) { echo(s, &Stub::echo_float, floats(s)); }},
        {"all", "double", [](Session& s) { echo(s, &Stub::echo_double, doubles(s)); }},
        {"all", "boolean", [](Session& s) { echo<Boolean>(s, &Stub::echo_boolean, {false, true}); }},
        {"all", "char", [](Session& s) { echo(s, &Stub::echo_char, characters(0, 128)); }},
        {"latin1", "char_latin1", [](Session& s) { echo(s, &Stub::echo_char, characters(128, 128)); }},
        {"wide", "wchar", [](Session& s) { echo(s, &Stub::echo_wchar, wide_characters(s)); }},
        {"all", "string", [](Session& s) { echo(s, &Stub::echo_string, texts(s)); }},
        {"wide", "wstring", [](Session& s) { echo(s, &Stub::echo_wstring, wides(s)); }},
    };
}

std::vector<Check> composed_checks() {
    using namespace Torture;
    return {
        {"all", "short_text", [](Session& s) { echo(s, &Stub::echo_short_text, short_texts(s)); }},
        {"all", "few_longs", [](Session& s) { echo(s, &Stub::echo_few_longs, samples<FewLongs>(s, {FewLongs()})); }},
        {"all", "octets", [](Session& s) { echo(s, &Stub::echo_octets, samples<Octets>(s, {Octets()})); }},
        {"all", "longs", [](Session& s) { echo(s, &Stub::echo_longs, samples<Longs>(s, {Longs()})); }},
        {"all", "doubles", [](Session& s) { echo(s, &Stub::echo_doubles, samples<Doubles>(s, {Doubles()})); }},
        {"all", "strings", [](Session& s) { echo(s, &Stub::echo_strings, samples<Strings>(s, {Strings()})); }},
        {"all", "long_table",
         [](Session& s) { echo(s, &Stub::echo_long_table, samples<LongTable>(s, {LongTable()})); }},
        {"all", "matrix", matrices},
        {"all", "point", [](Session& s) { echo(s, &Stub::echo_point, samples<Point>(s)); }},
        {"all", "record", [](Session& s) { echo(s, &Stub::echo_record, records(s)); }},
        {"all", "records", [](Session& s) { echo(s, &Stub::echo_records, samples<Records>(s, {Records()})); }},
        {"all", "colour", [](Session& s) { echo<Colour>(s, &Stub::echo_colour, {RED, GREEN, BLUE}); }},
        {"all", "shape", [](Session& s) { echo(s, &Stub::echo_shape, shapes(s)); }},
        {"all", "shapes", [](Session& s) { echo(s, &Stub::echo_shapes, samples<Shapes>(s, {Shapes()})); }},
        {"all", "choice", [](Session& s) { echo(s, &Stub::echo_choice, choices(s)); }},
        {"all", "maybe_long", [](Session& s) { echo(s, &Stub::echo_maybe_long, samples<MaybeLong>(s)); }},
        {"all", "maybe_record", [](Session& s) { echo(s, &Stub::echo_maybe_record, samples<MaybeRecord>(s)); }},
        {"all", "entries", entries},
    };
}

} // namespace

std::vector<Check> type_checks() {
    std::vector<Check> checks = plain_checks();
    for (Check& check : composed_checks())
        checks.push_back(std::move(check));
    return checks;
}
