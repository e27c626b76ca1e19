/** What a tag says about a request. */
export type KeywordTagKind = 'task' | 'subject' | 'language'

/** A tag that words give away. */
export interface KeywordTag {
  readonly name: string
  readonly kind: KeywordTagKind
  /** How many different cues must occur. Words that prose uses in many senses need company. */
  readonly least: number
  /** Words or phrases of up to four words, lower case, without marks; each counts once. */
  readonly cues: readonly string[]
}

function tag(kind: KeywordTagKind, name: string, least: number, cues: string): KeywordTag {
  return { name, kind, least, cues: cues.split(',').map((cue) => cue.trim()) }
}

/** Tasks are named by what is asked for; one clear phrase is enough. */
const tasks: readonly KeywordTag[] = [
  tag('task', 'translation', 1, 'translate, translation, translate into, in english, ins deutsche, traduire, traduce'),
  tag('task', 'summarisation', 1, 'summarize, summarise, summary, tl dr, tldr, key points, in a nutshell'),
  tag(
    'task',
    'rewriting',
    1,
    'rewrite, rephrase, paraphrase, proofread, reword, polish, make it sound, improve the writing',
  ),
  tag('task', 'correction', 1, 'grammar, spelling, correct the sentence, fix the grammar, grammatical errors, typos'),
  tag(
    'task',
    'classification',
    1,
    'classify, categorize, categorise, sentiment, label the, spam, positive or negative',
  ),
  tag('task', 'extraction', 1, 'extract, named entities, find all, list all the, from the text, from the passage'),
  tag(
    'task',
    'code-writing',
    2,
    'write a function, implement, python, function, program, script, code, java, javascript, class, method, algorithm, return',
  ),
  tag('task', 'code-output', 1, 'assert, output of the code, predict the output, what does this code, given the code'),
  tag(
    'task',
    'debugging',
    1,
    'debug, traceback, stack trace, syntax error, exception, segfault, does not compile, fix the bug, error message',
  ),
  tag(
    'task',
    'function-calling',
    1,
    'parameters, available tools, api call, call the function, function call, endpoint, tool call',
  ),
  tag(
    'task',
    'creative-writing',
    1,
    'poem, haiku, short story, write a story, song, lyrics, novel, screenplay, limerick, rap, fairy tale, fan fiction',
  ),
  tag(
    'task',
    'letter-writing',
    1,
    'email, e mail, cover letter, letter to, resume, linkedin, tweet, blog post, newsletter, press release',
  ),
  tag('task', 'brainstorming', 1, 'brainstorm, ideas for, give me ideas, suggestions, come up with, names for, slogan'),
  tag(
    'task',
    'planning',
    1,
    'itinerary, schedule, meal plan, study plan, action plan, step by step plan, roadmap, checklist',
  ),
  tag('task', 'recipe', 1, 'recipe, ingredients, bake, cook, dish, tablespoon, cuisine'),
  tag(
    'task',
    'explanation',
    1,
    'explain, describe how, how does, what is the difference, why do, why does, like i m five, eli5',
  ),
  tag(
    'task',
    'comparison',
    1,
    'compare, contrast, pros and cons, advantages and disadvantages, versus, differences between',
  ),
  tag('task', 'advice', 1, 'should i, advice, recommend, what can i do, help me, tips for, how do i'),
  tag('task', 'role-play', 1, 'act as, pretend, you are a, role play, roleplay, play the role, in the style of'),
  tag('task', 'definition', 1, 'define, definition of, what is meant by, the term, refers to, is known as, stands for'),
  tag(
    'task',
    'sentence-completion',
    1,
    'complete the sentence, fill in the blank, fill in the blanks, continue the, most likely continuation, best completes, complete the following',
  ),
  tag('task', 'plausibility', 1, 'plausible, is it true, true or false, fact check, misconception, myth'),
  tag(
    'task',
    'step-by-step',
    1,
    'step by step, show your work, show your steps, chain of thought, explain your reasoning, think carefully',
  ),
]

/** Subjects are guessed from their vocabulary; one word alone proves little. */
const subjects: readonly KeywordTag[] = [
  tag(
    'subject',
    'arithmetic',
    2,
    'how many, how much, total, each, left, per, cost, costs, twice, half, dozen, altogether, remaining, spend, earn, sold, bought, percent, times as many, more than, days, hours, dollars',
  ),
  tag(
    'subject',
    'algebra',
    2,
    'equation, equations, polynomial, solve for, roots, quadratic, real numbers, integer, integers, variable, simplify, expression, coefficients, factor, f x, matrix, vector, positive integer',
  ),
  tag(
    'subject',
    'geometry',
    2,
    'triangle, circle, radius, angle, perpendicular, parallel, polygon, square, rectangle, perimeter, area, volume, diameter, hypotenuse, coordinate, degrees, tangent, cube, sphere',
  ),
  tag(
    'subject',
    'calculus',
    2,
    'derivative, integral, limit, differentiable, continuous, converges, series, gradient, maximum, minimum, differential',
  ),
  tag(
    'subject',
    'probability',
    2,
    'probability, random, dice, coin, die, cards, expected value, at random, chosen, distribution, combinations, permutations, how many ways, variance',
  ),
  tag(
    'subject',
    'statistics',
    2,
    'mean, median, regression, sample, hypothesis, correlation, standard deviation, population, significant, variance, p value, histogram',
  ),
  tag(
    'subject',
    'logic',
    2,
    'logical, valid, premise, premises, argument, conclusion, implies, if and only if, fallacy, boolean, true, false, deduce, logically, statements',
  ),
  tag(
    'subject',
    'physics',
    2,
    'force, velocity, acceleration, mass, energy, gravity, magnetic, electric, circuit, momentum, wave, wavelength, friction, motion, speed, light, heat, temperature, newton, joule',
  ),
  tag(
    'subject',
    'chemistry',
    2,
    'acid, base, molecule, atom, atoms, chemical, reaction, element, compound, bond, ion, oxidation, periodic, electrons, solution, carbon, hydrogen, oxygen, ph, mixture',
  ),
  tag(
    'subject',
    'biology',
    2,
    'cell, cells, organism, organisms, species, gene, dna, protein, plant, plants, animal, animals, ecosystem, evolution, photosynthesis, bacteria, enzyme, offspring, trait, population, predator',
  ),
  tag(
    'subject',
    'medicine',
    2,
    'patient, patients, disease, symptoms, treatment, diagnosis, blood, doctor, hospital, infection, syndrome, clinical, drug, therapy, cancer, surgery, muscle, chronic, physician, health',
  ),
  tag(
    'subject',
    'earth-science',
    2,
    'earth, rock, rocks, soil, ocean, climate, weather, atmosphere, volcano, erosion, sediment, water cycle, earthquake, mineral, fossil, glacier, precipitation, planet, season, sun, moon',
  ),
  tag(
    'subject',
    'astronomy',
    2,
    'star, stars, galaxy, planet, planets, orbit, telescope, solar system, universe, light years, astronomer, comet, mars, jupiter, supernova',
  ),
  tag(
    'subject',
    'experiment',
    2,
    'experiment, investigation, scientist, students, data, measure, hypothesis, conclusion, observation, laboratory, lab, tool, procedure, variable, results, microscope',
  ),
  tag(
    'subject',
    'computer-science',
    2,
    'algorithm, complexity, database, sql, operating system, compiler, binary, recursion, data structure, linked list, hash, thread, memory, network, cache, array, string, list, tuple, dictionary',
  ),
  tag(
    'subject',
    'machine-learning',
    2,
    'machine learning, neural network, training data, classifier, deep learning, gradient descent, overfitting, language model, dataset, embedding, reinforcement learning',
  ),
  tag(
    'subject',
    'security',
    2,
    'security, encryption, attack, malware, password, vulnerability, firewall, authentication, exploit, hacker, buffer overflow, privacy',
  ),
  tag(
    'subject',
    'law',
    2,
    'court, defendant, plaintiff, contract, statute, liable, jury, attorney, constitutional, negligence, evidence, trial, lawyer, legal, law, judge, guilty, sued, property, crime',
  ),
  tag(
    'subject',
    'economics',
    2,
    'demand, supply, price, inflation, gdp, market, monetary, elasticity, interest rate, unemployment, monopoly, marginal, economy, tax, trade, fiscal',
  ),
  tag(
    'subject',
    'business',
    2,
    'company, customers, management, marketing, strategy, revenue, profit, sales, brand, product, employees, organization, accounting, stakeholders, audit, investment, startup',
  ),
  tag(
    'subject',
    'history',
    2,
    'century, war, empire, king, revolution, treaty, ancient, colonial, president, emperor, dynasty, civil war, world war, roman, medieval, soviet, historical',
  ),
  tag(
    'subject',
    'politics',
    2,
    'government, election, vote, congress, senate, policy, democracy, political, parliament, constitution, foreign policy, state, rights, party, united states',
  ),
  tag(
    'subject',
    'geography',
    2,
    'country, capital, continent, river, city, population, region, border, located, mountain, island, latitude, coordinates, north, south',
  ),
  tag(
    'subject',
    'philosophy',
    2,
    'philosopher, ethics, kant, moral, aristotle, plato, virtue, metaphysics, epistemology, utilitarianism, existence, argues, hume, socrates',
  ),
  tag(
    'subject',
    'morals',
    2,
    'morally, wrong, moral, ordinary moral standards, right, ethical, scenario, main character, clearly',
  ),
  tag(
    'subject',
    'religion',
    2,
    'god, church, bible, religion, religious, buddhism, buddha, islam, christian, hindu, prophet, jesus, faith, prayer, sacred',
  ),
  tag(
    'subject',
    'psychology',
    2,
    'behavior, cognitive, therapy, memory, emotion, emotional, child, freud, conditioning, personality, motivation, stimulus, development, anxiety, self esteem',
  ),
  tag(
    'subject',
    'sociology',
    2,
    'society, social, gender, culture, class, inequality, cultural, community, norms, race, family, feminist, institutions',
  ),
  tag(
    'subject',
    'sports',
    2,
    'game, team, player, football, soccer, basketball, baseball, tennis, score, coach, goal, shot, ball, hockey, race, match, kicked, scored, league',
  ),
  tag(
    'subject',
    'arts',
    2,
    'film, movie, music, painting, artist, band, album, actor, director, theatre, author, book, novel, guitar, song, character',
  ),
  tag(
    'subject',
    'food',
    2,
    'food, eat, restaurant, dinner, cake, fruit, chicken, meat, vegetables, apple, apples, bread, sugar, milk, cookies',
  ),
  tag(
    'subject',
    'household',
    2,
    'clean, shirt, hair, paint, glue, kitchen, wash, table, garden, wood, paper, bottle, house, door, towel, clothes',
  ),
  tag(
    'subject',
    'people',
    3,
    'she, he, her, his, him, friend, because, they, mother, brother, sister, father, wife, husband',
  ),
  tag(
    'subject',
    'dates',
    2,
    'date, today, tomorrow, yesterday, calendar, mm dd yyyy, monday, friday, days ago, months ago, year',
  ),
  tag(
    'subject',
    'finance',
    2,
    'loan, interest, stock, stocks, investment, bank, mortgage, portfolio, annual, compound, bond, currency, exchange rate, salary, dividend',
  ),
  tag(
    'subject',
    'travel',
    2,
    'travel, trip, flight, hotel, tourist, vacation, visit, airport, car, drive, train, museum',
  ),
]

/** Languages in Latin letters, by their commonest words; the other scripts give themselves away. */
const languages: readonly KeywordTag[] = [
  tag('language', 'english', 3, 'the, of, and, is, to, in, what, which, that, for, with, how, a'),
  tag('language', 'german', 3, 'der, die, das, und, ist, nicht, ein, eine, ich, mit, auf, für, wie, von, sie'),
  tag('language', 'french', 3, 'le, la, les, et, est, des, une, que, pour, dans, qui, avec, sur, vous, je'),
  tag('language', 'spanish', 4, 'el, los, las, que, es, una, por, para, con, del, como, se, qué, más, y'),
  tag('language', 'italian', 4, 'il, che, di, è, per, una, con, sono, del, della, gli, come, nel, più, non'),
  tag('language', 'portuguese', 4, 'o, os, que, é, não, uma, para, com, do, da, em, você, são, mais, um'),
  tag('language', 'dutch', 4, 'het, een, van, en, niet, ik, met, voor, zijn, dat, wat, hoe, je, op'),
]

/** Every tag that words give away; names are unique. */
export const keywordTags: readonly KeywordTag[] = [...tasks, ...subjects, ...languages]
