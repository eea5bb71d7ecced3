/* locale.c: which locales there are and what they say: American English, which is every default, and the invariant
 * one. Sets the last error. */
#include "base/text/locale.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>
#include <winbase.h>
#include <winerror.h>
#include <winnls.h>

#include "base/text/wide.h"
#include "host/utf.h"
#include "win32/win32.h"

static struct {
    pthread_once_t once;
    locale_t unicode; /* 0: not installed: ASCII only */
} locale_state = {.once = PTHREAD_ONCE_INIT};

/* ---- characters ---- */

static void start(void)
{
    locale_state.unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!locale_state.unicode)
        locale_state.unicode = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

static locale_t unicode(void)
{
    pthread_once(&locale_state.once, start);
    return locale_state.unicode;
}

WCHAR base_upper(WCHAR unit)
{
    if (unit < 128)
        return unit >= 'a' && unit <= 'z' ? (WCHAR)(unit - 32) : unit;
    return (WCHAR)towupper_l(unit, unicode());
}

WCHAR base_lower(WCHAR unit)
{
    if (unit < 128)
        return unit >= 'A' && unit <= 'Z' ? (WCHAR)(unit + 32) : unit;
    return (WCHAR)towlower_l(unit, unicode());
}

bool base_is_letter(WCHAR unit)
{
    return iswalpha_l(unit, unicode()) && !(unit >= '0' && unit <= '9');
}

WORD base_character_type(WCHAR unit)
{
    locale_t l = unicode();
    WORD type = 0;
    type |= iswupper_l(unit, l) ? C1_UPPER : 0;
    type |= iswlower_l(unit, l) ? C1_LOWER : 0;
    type |= iswdigit_l(unit, l) ? C1_DIGIT : 0;
    type |= iswspace_l(unit, l) || unit == 0xA0 ? C1_SPACE : 0;
    type |= iswpunct_l(unit, l) ? C1_PUNCT : 0;
    type |= iswcntrl_l(unit, l) ? C1_CNTRL : 0;
    type |= unit == ' ' || unit == '\t' || unit == 0xA0 ? C1_BLANK : 0;
    type |= iswxdigit_l(unit, l) ? C1_XDIGIT : 0;
    type |= base_is_letter(unit) ? C1_ALPHA : 0;
    return type ? type | C1_DEFINED : 0;
}

/* ---- which there are ---- */

bool base_locale_known(LCID locale)
{
    switch (locale & 0xffff) {
    case LOCALE_NUMBER:
    case LOCALE_INVARIANT:
    case LOCALE_NEUTRAL:
    case LOCALE_USER_DEFAULT:
    case LOCALE_SYSTEM_DEFAULT:
    case LANG_ENGLISH:
        return true;
    default:
        return false;
    }
}

static bool same(LPCWSTR left, const char *right)
{
    while (*left && base_lower(*left) == base_lower((unsigned char)*right)) {
        left++;
        right++;
    }
    return !*left && !*right;
}

bool base_locale_named(LPCWSTR name)
{
    return !name || !*name || same(name, "en-US") || same(name, "en") || same(name, "!x-sys-default-locale");
}

LCID GetUserDefaultLCID(void)
{
    return LOCALE_NUMBER;
}

LCID GetSystemDefaultLCID(void)
{
    return LOCALE_NUMBER;
}

LCID GetThreadLocale(void)
{
    return LOCALE_NUMBER;
}

BOOL SetThreadLocale(LCID locale)
{
    return base_locale_known(locale) ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
}

LANGID GetUserDefaultLangID(void)
{
    return LOCALE_NUMBER;
}

LANGID GetSystemDefaultLangID(void)
{
    return LOCALE_NUMBER;
}

LANGID GetUserDefaultUILanguage(void)
{
    return LOCALE_NUMBER;
}

LANGID GetSystemDefaultUILanguage(void)
{
    return LOCALE_NUMBER;
}

LCID ConvertDefaultLocale(LCID locale)
{
    return base_locale_known(locale) && locale != LOCALE_INVARIANT ? LOCALE_NUMBER : locale;
}

BOOL IsValidLocale(LCID locale, DWORD flags)
{
    (void)flags;
    return locale != LOCALE_NEUTRAL && base_locale_known(locale);
}

BOOL IsValidLocaleName(LPCWSTR name)
{
    return name && base_locale_named(name);
}

static int give(const char *text, LPWSTR to, int size)
{
    int needed = (int)strlen(text) + 1;
    if (size < 0 || (size && !to))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size && size < needed)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (size)
        host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)to, (size_t)size, 0);
    return needed;
}

int GetUserDefaultLocaleName(LPWSTR name, int size)
{
    return give("en-US", name, size);
}

int GetSystemDefaultLocaleName(LPWSTR name, int size)
{
    return give("en-US", name, size);
}

int LCIDToLocaleName(LCID locale, LPWSTR name, int size, DWORD flags)
{
    (void)flags;
    if (!base_locale_known(locale))
        return win32_error(ERROR_INVALID_PARAMETER);
    return give((locale & 0xffff) == LOCALE_INVARIANT ? "" : locale == LANG_ENGLISH ? "en" : "en-US", name, size);
}

LCID LocaleNameToLCID(LPCWSTR name, DWORD flags)
{
    (void)flags;
    if (!base_locale_named(name))
        return (LCID)win32_error(ERROR_INVALID_PARAMETER);
    return !name ? LOCALE_NUMBER : !*name ? LOCALE_INVARIANT : same(name, "en") ? LANG_ENGLISH : LOCALE_NUMBER;
}

/* ---- what they say ---- */

const char *base_locale_text(LCTYPE type)
{
    static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    static const char *const short_days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    static const char *const short_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const struct {
        LCTYPE type;
        const char *text;
    } texts[] = {{LOCALE_ILANGUAGE, "0409"},
                 {LOCALE_SLANGUAGE, "English (United States)"},
                 {LOCALE_SENGLANGUAGE, "English"},
                 {LOCALE_SNATIVELANGNAME, "English"},
                 {LOCALE_SABBREVLANGNAME, "ENU"},
                 {LOCALE_ICOUNTRY, "1"},
                 {LOCALE_SCOUNTRY, "United States"},
                 {LOCALE_SENGCOUNTRY, "United States"},
                 {LOCALE_SNATIVECTRYNAME, "United States"},
                 {LOCALE_SABBREVCTRYNAME, "USA"},
                 {LOCALE_SISO639LANGNAME, "en"},
                 {LOCALE_SISO3166CTRYNAME, "US"},
                 {LOCALE_SNAME, "en-US"},
                 {LOCALE_IDEFAULTCODEPAGE, "65001"},
                 {LOCALE_IDEFAULTANSICODEPAGE, "65001"},
                 {LOCALE_IMEASURE, "1"},
                 {LOCALE_SLIST, ","},
                 {LOCALE_SDECIMAL, "."},
                 {LOCALE_STHOUSAND, ","},
                 {LOCALE_SGROUPING, "3;0"},
                 {LOCALE_IDIGITS, "2"},
                 {LOCALE_ILZERO, "1"},
                 {LOCALE_INEGNUMBER, "1"},
                 {LOCALE_SNATIVEDIGITS, "0123456789"},
                 {LOCALE_SCURRENCY, "$"},
                 {LOCALE_SINTLSYMBOL, "USD"},
                 {LOCALE_SMONDECIMALSEP, "."},
                 {LOCALE_SMONTHOUSANDSEP, ","},
                 {LOCALE_SMONGROUPING, "3;0"},
                 {LOCALE_ICURRDIGITS, "2"},
                 {LOCALE_IINTLCURRDIGITS, "2"},
                 {LOCALE_ICURRENCY, "0"},
                 {LOCALE_INEGCURR, "0"},
                 {LOCALE_SENGCURRNAME, "US Dollar"},
                 {LOCALE_SNATIVECURRNAME, "US Dollar"},
                 {LOCALE_SDATE, "/"},
                 {LOCALE_STIME, ":"},
                 {LOCALE_SSHORTDATE, "M/d/yyyy"},
                 {LOCALE_SLONGDATE, "dddd, MMMM d, yyyy"},
                 {LOCALE_SYEARMONTH, "MMMM yyyy"},
                 {LOCALE_STIMEFORMAT, "h:mm:ss tt"},
                 {LOCALE_SSHORTTIME, "h:mm tt"},
                 {LOCALE_IDATE, "0"},
                 {LOCALE_ITIME, "0"},
                 {LOCALE_S1159, "AM"},
                 {LOCALE_S2359, "PM"},
                 {LOCALE_IFIRSTDAYOFWEEK, "6"},
                 {LOCALE_IFIRSTWEEKOFYEAR, "0"},
                 {LOCALE_SPOSITIVESIGN, ""},
                 {LOCALE_SNEGATIVESIGN, "-"}};
    if (type >= LOCALE_SDAYNAME1 && type <= LOCALE_SDAYNAME7)
        return days[type - LOCALE_SDAYNAME1];
    if (type >= LOCALE_SABBREVDAYNAME1 && type <= LOCALE_SABBREVDAYNAME7)
        return short_days[type - LOCALE_SABBREVDAYNAME1];
    if (type >= LOCALE_SMONTHNAME1 && type <= LOCALE_SMONTHNAME12)
        return months[type - LOCALE_SMONTHNAME1];
    if (type >= LOCALE_SABBREVMONTHNAME1 && type <= LOCALE_SABBREVMONTHNAME12)
        return short_months[type - LOCALE_SABBREVMONTHNAME1];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].type == type)
            return texts[i].text;
    return NULL;
}

/* The text asked for, or with LOCALE_RETURN_NUMBER its number's text; NULL with the last error. */
static const char *ask(LCTYPE type, bool known)
{
    const char *text = known ? base_locale_text(type & 0xffff) : NULL;
    if (!known)
        win32_error(ERROR_INVALID_PARAMETER);
    else if (!text || ((type & LOCALE_RETURN_NUMBER) && (*text < '0' || *text > '9')))
        win32_error(ERROR_INVALID_FLAGS);
    else
        return text;
    return NULL;
}

static DWORD number_of(LCTYPE type, const char *text)
{
    return (DWORD)strtoul(text, NULL, (type & 0xffff) == LOCALE_ILANGUAGE ? 16 : 10);
}

static int info_wide(LCTYPE type, bool known, LPWSTR to, int size)
{
    const char *text = ask(type, known);
    if (!text)
        return 0;
    if (!(type & LOCALE_RETURN_NUMBER))
        return give(text, to, size);
    DWORD number = number_of(type, text);
    if (size < 0 || (size && !to))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size && size < 2)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (size)
        memcpy(to, &number, sizeof number);
    return 2;
}

int GetLocaleInfoW(LCID locale, LCTYPE type, LPWSTR to, int size)
{
    return info_wide(type, base_locale_known(locale), to, size);
}

int GetLocaleInfoEx(LPCWSTR name, LCTYPE type, LPWSTR to, int size)
{
    return info_wide(type, base_locale_named(name), to, size);
}

int GetLocaleInfoA(LCID locale, LCTYPE type, LPSTR to, int size)
{
    const char *text = ask(type, base_locale_known(locale));
    if (!text)
        return 0;
    DWORD number = number_of(type, text);
    const void *from = type & LOCALE_RETURN_NUMBER ? (const void *)&number : text;
    int needed = type & LOCALE_RETURN_NUMBER ? (int)sizeof number : (int)strlen(text) + 1;
    if (size < 0 || (size && !to))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size && size < needed)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (size)
        memcpy(to, from, (size_t)needed);
    return needed;
}

/* ---- code pages: the ANSI one is UTF-8 ---- */

BOOL GetCPInfo(UINT code_page, LPCPINFO info)
{
    if (!info || !IsValidCodePage(code_page <= CP_THREAD_ACP ? CP_UTF8 : code_page))
        return win32_error(ERROR_INVALID_PARAMETER);
    *info = (CPINFO){.MaxCharSize = code_page <= CP_THREAD_ACP || code_page == CP_UTF8 ? 4 : 1, .DefaultChar = {'?'}};
    return TRUE;
}

BOOL IsDBCSLeadByte(BYTE byte)
{
    (void)byte;
    return FALSE;
}

BOOL IsDBCSLeadByteEx(UINT code_page, BYTE byte)
{
    (void)code_page, (void)byte;
    return FALSE;
}
