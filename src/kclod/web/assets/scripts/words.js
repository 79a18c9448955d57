// The words of the interface that the server sends along, in the language of the page.
export function speaker(words, language = document.documentElement.lang) {
  const number = new Intl.NumberFormat(language === "en" ? "en-GB" : language);
  const plural = { ko: () => 0, fr: (n) => Number(n > 1) }[language] ?? ((n) => Number(n !== 1));
  return (key, values = {}) => {
    const forms = words[key] ?? [key];
    const form = forms[Math.min("n" in values ? plural(values.n) : forms.length - 1, forms.length - 1)];
    return form.replace(/{(\w+)}/g, (_, name) => (typeof values[name] === "number" ? number.format(values[name]) : values[name]));
  };
}
